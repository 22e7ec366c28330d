package dev.zonda.convert.sources;

import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.ScaledBytes;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Tensors of FP8 or eight-bit integers, each with a tensor of scales: for the whole, for each
/// outermost part, or for each block of rows and columns.
///
/// @param file to be named in messages
/// @param blocks extents of a block in the innermost dimensions, if config.json says that there are
///   blocks
record ScaledTensors(Path file, Optional<List<Long>> blocks) {
  /// Ends of names of scales, and what stands there in the name of the tensor that they belong to.
  private static final Map<String, String> SCALES =
      Map.of("_scale_inv", "", ".weight_scale", ".weight", ".qscale_weight", ".weight");

  /// Ends of names of what only matters to those who compute in eight bits.
  private static final List<String> UNUSED =
      List.of(
          ".activation_scale",
          "_activation_scale",
          ".qscale_act",
          ".input_scale",
          ".output_scale",
          ".k_scale",
          ".v_scale");

  /// The tensors times their scales, in their places.
  List<SourceTensor> dequantized(List<SourceTensor> tensors, Notes notes) throws FormatException {
    Map<String, SourceTensor> scales = new LinkedHashMap<>();
    List<SourceTensor> others = new ArrayList<>();
    int unused = 0;
    for (SourceTensor tensor : tensors) {
      Optional<String> owner = owner(tensor.name());
      if (UNUSED.stream().anyMatch(tensor.name()::endsWith)) {
        unused++;
      } else if (owner.isEmpty()) {
        others.add(tensor);
      } else if (scales.put(owner.get(), tensor) != null) {
        throw problem("tensor '%s' has two tensors of scales".formatted(owner.get()));
      }
    }
    List<SourceTensor> plain = new ArrayList<>();
    for (SourceTensor tensor : others) {
      SourceTensor own = scales.remove(tensor.name());
      if (own != null) {
        plain.add(new SourceTensor(tensor.name(), scaled(tensor, own), tensor.file()));
      } else if (isByte(tensor.values().type())) {
        throw problem(
            "tensor '%s' is of type %s, but there is no tensor of scales for it ('%s_scale_inv'"
                    .formatted(tensor.name(), tensor.values().type(), tensor.name())
                + " for example)");
      } else {
        plain.add(tensor);
      }
    }
    for (Map.Entry<String, SourceTensor> left : scales.entrySet()) {
      throw problem("tensor '%s' has no '%s'".formatted(left.getValue().name(), left.getKey()));
    }
    if (unused > 0) {
      notes.add(
          "%d scales of activations left out: weights are no longer quantized".formatted(unused));
    }
    return plain;
  }

  private static Optional<String> owner(String name) {
    return SCALES.entrySet().stream()
        .filter(end -> name.endsWith(end.getKey()))
        .map(end -> name.substring(0, name.length() - end.getKey().length()) + end.getValue())
        .findFirst();
  }

  private static boolean isByte(TensorType type) {
    return type == TensorType.F8_E4M3 || type == TensorType.F8_E5M2 || type == TensorType.I8;
  }

  private Expression scaled(SourceTensor tensor, SourceTensor scales) throws FormatException {
    if (!isByte(tensor.values().type())) {
      throw problem(
          "tensor '%s' is of type %s, but has scales '%s'; expected F8_E4M3, F8_E5M2 or I8"
              .formatted(tensor.name(), tensor.values().type(), scales.name()));
    }
    SourceTensors.requireFloats(file, scales);
    long[] extents = tensor.values().shape().toArray();
    long[] counts = scales.values().shape().toArray();
    Optional<List<Long>> block = inBlocks(extents, counts).or(() -> inParts(extents, counts));
    if (block.isEmpty()) {
      throw problem(
          "tensor '%s' has shape %s, but its scales '%s' have %s: expected one scale, one for each"
                  .formatted(
                      tensor.name(), tensor.values().shape(), scales.name(), Shape.of(counts))
              + blocks.map(" row, or one for each block of %s"::formatted).orElse(" row"));
    }
    long[] all = new long[extents.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = Math.ceilDiv(extents[i], block.get().get(i));
    }
    return new ScaledBytes(tensor.values(), scales.values().reshaped(all), block.get());
  }

  /// Blocks as config.json describes them: matrices of scales for matrices.
  private Optional<List<Long>> inBlocks(long[] extents, long[] counts) {
    int outer = extents.length - blocks.map(List::size).orElse(0);
    if (blocks.isEmpty() || outer < 0 || counts.length != extents.length) {
      return Optional.empty();
    }
    List<Long> block = new ArrayList<>();
    for (int i = 0; i < extents.length; i++) {
      long extent = i < outer ? 1 : blocks.get().get(i - outer);
      if (counts[i] != Math.ceilDiv(extents[i], extent)) {
        return Optional.empty();
      }
      block.add(extent);
    }
    return Optional.of(block);
  }

  /// One scale for all, for each outermost part, or for each row.
  private static Optional<List<Long>> inParts(long[] extents, long[] counts) {
    if (counts.length > extents.length || extents.length == 0) {
      return Optional.empty();
    }
    long[] aligned = Arrays.copyOf(counts, extents.length);
    Arrays.fill(aligned, counts.length, extents.length, 1);
    List<Long> block = new ArrayList<>();
    for (int i = 0; i < extents.length; i++) {
      boolean isInner = i == extents.length - 1;
      if (extents[i] == 0 || (aligned[i] != 1 && (isInner || aligned[i] != extents[i]))) {
        return Optional.empty();
      }
      block.add(aligned[i] == 1 ? extents[i] : 1L);
    }
    return Optional.of(block);
  }

  private FormatException problem(String text) {
    return FormatException.in(file, text);
  }
}

package dev.zonda.convert.sources;

import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.Bytes;
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

/// Tensors of FP8 or eight-bit integers, each with a tensor of scales, and maybe one of zeros: for
/// the whole, for each outermost part, or for each block of rows and columns.
///
/// @param file to be named in messages
/// @param blocks of the tensors
record ScaledTensors(Path file, Blocks blocks) implements Quantization {
  /// Extents of a tensor's blocks in the innermost dimensions, if config.json says that there are
  /// blocks.
  @FunctionalInterface
  interface Blocks {
    /// @param tensor its full name
    Optional<List<Long>> of(String tensor) throws FormatException;
  }

  /// Ends of names of scales, and what stands there in the name of the tensor that they belong to.
  private static final Map<String, String> SCALES =
      Map.of("_scale_inv", "", ".weight_scale", ".weight", ".qscale_weight", ".weight");

  private static final String ZEROS = "_zero_point";

  /// The tensors times their scales, in their places.
  @Override
  public List<SourceTensor> undone(List<SourceTensor> tensors, Notes notes) throws FormatException {
    Map<String, SourceTensor> scales = new LinkedHashMap<>();
    Map<String, SourceTensor> zeros = new LinkedHashMap<>();
    List<SourceTensor> others = new ArrayList<>();
    for (SourceTensor tensor : tensors) {
      Optional<String> owner = owner(tensor.name());
      if (tensor.name().endsWith(".weight" + ZEROS)) {
        zeros.put(without(tensor.name(), ZEROS), tensor);
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
        Optional<SourceTensor> zero = Optional.ofNullable(zeros.remove(tensor.name()));
        plain.add(new SourceTensor(tensor.name(), scaled(tensor, own, zero), tensor.file()));
      } else if (isByte(tensor.values().type())) {
        throw problem(
            "tensor '%s' is of type %s, but there is no tensor of scales for it ('%s_scale_inv'"
                    .formatted(tensor.name(), tensor.values().type(), tensor.name())
                + " for example)");
      } else {
        plain.add(tensor);
      }
    }
    scales.putAll(zeros);
    for (Map.Entry<String, SourceTensor> left : scales.entrySet()) {
      throw problem(
          "tensor '%s' needs '%s', which is missing"
              .formatted(left.getValue().name(), left.getKey()));
    }
    return plain;
  }

  private static String without(String name, String end) {
    return name.substring(0, name.length() - end.length());
  }

  private static Optional<String> owner(String name) {
    return SCALES.entrySet().stream()
        .filter(end -> name.endsWith(end.getKey()))
        .map(end -> without(name, end.getKey()) + end.getValue())
        .findFirst();
  }

  private static boolean isByte(TensorType type) {
    return switch (type) {
      case F8_E4M3, F8_E4M3FNUZ, F8_E5M2, I8 -> true;
      default -> false;
    };
  }

  private Expression scaled(SourceTensor tensor, SourceTensor scales, Optional<SourceTensor> zeros)
      throws FormatException {
    if (!isByte(tensor.values().type())) {
      throw problem(
          ("tensor '%s' is of type %s, but has scales '%s'; expected F8_E4M3,"
                  + " F8_E4M3FNUZ, F8_E5M2 or I8")
              .formatted(tensor.name(), tensor.values().type(), scales.name()));
    }
    Expression factors = factors(scales);
    long[] extents = tensor.values().shape().toArray();
    long[] counts = factors.shape().toArray();
    Optional<List<Long>> blocked = blocks.of(tensor.name());
    Optional<List<Long>> block =
        blocked
            .flatMap(innermost -> inBlocks(innermost, extents, counts))
            .or(() -> inParts(extents, counts));
    if (block.isEmpty()) {
      throw problem(
          "tensor '%s' has shape %s, but its scales '%s' have %s: expected one scale, one for each"
                  .formatted(
                      tensor.name(), tensor.values().shape(), scales.name(), Shape.of(counts))
              + blocked.map(" row, or one for each block of %s"::formatted).orElse(" row"));
    }
    if (zeros.isPresent()) {
      requireZeros(zeros.get(), scales);
    }
    long[] all = new long[extents.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = Math.ceilDiv(extents[i], block.get().get(i));
    }
    return new ScaledBytes(
        tensor.values(),
        factors.reshaped(all),
        zeros.map(zero -> new Bytes(zero.values()).reshaped(all)),
        block.get());
  }

  /// Powers of two may be stored in a byte each.
  private Expression factors(SourceTensor scales) throws FormatException {
    if (scales.values().type() == TensorType.F8_E8M0) {
      return new Bytes(scales.values());
    }
    SourceTensors.requireFloats(file, scales);
    return scales.values();
  }

  private void requireZeros(SourceTensor zeros, SourceTensor scales) throws FormatException {
    if (!isByte(zeros.values().type()) || !zeros.values().shape().equals(scales.values().shape())) {
      throw problem(
          "tensor '%s' is %s %s, expected numbers of a byte, one for each of the scales '%s' %s"
              .formatted(
                  zeros.name(),
                  zeros.values().type(),
                  zeros.values().shape(),
                  scales.name(),
                  scales.values().shape()));
    }
  }

  /// Blocks as config.json describes them: matrices of scales for matrices.
  private static Optional<List<Long>> inBlocks(
      List<Long> innermost, long[] extents, long[] counts) {
    int outer = extents.length - innermost.size();
    if (outer < 0 || counts.length != extents.length) {
      return Optional.empty();
    }
    List<Long> block = new ArrayList<>();
    for (int i = 0; i < extents.length; i++) {
      long extent = i < outer ? 1 : innermost.get(i - outer);
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

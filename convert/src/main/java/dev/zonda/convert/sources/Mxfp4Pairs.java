package dev.zonda.convert.sources;

import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.PackMxfp4;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Tensors in four bits with a scale for each 32: a tensor of blocks and a tensor of scales.
public final class Mxfp4Pairs {
  /// Stands at the end of the name that a pair gets.
  public static final String END = "_mxfp4";

  private static final String BLOCKS = "_blocks";
  private static final String SCALES = "_scales";

  private Mxfp4Pairs() {}

  /// Makes one tensor of each pair. They come first, as llama.cpp's converter writes them.
  static List<SourceTensor> joined(Path file, List<SourceTensor> tensors) throws FormatException {
    Map<String, SourceTensor> blocks = new LinkedHashMap<>();
    Map<String, SourceTensor> scales = new LinkedHashMap<>();
    List<SourceTensor> joined = new ArrayList<>();
    List<SourceTensor> others = new ArrayList<>();
    for (SourceTensor tensor : tensors) {
      if (tensor.name().endsWith(BLOCKS)) {
        blocks.put(stem(tensor.name(), BLOCKS), tensor);
      } else if (tensor.name().endsWith(SCALES)) {
        scales.put(stem(tensor.name(), SCALES), tensor);
      } else {
        others.add(tensor);
      }
    }
    for (Map.Entry<String, SourceTensor> pair : scales.entrySet()) {
      String stem = pair.getKey();
      SourceTensor partner = blocks.remove(stem);
      if (partner == null) {
        throw FormatException.in(
            file,
            "tensor '%s' needs '%s', which is missing"
                .formatted(pair.getValue().name(), stem + BLOCKS));
      }
      joined.add(new SourceTensor(stem + END, packed(file, partner, pair.getValue()), 0));
    }
    if (!blocks.isEmpty()) {
      String stem = blocks.keySet().iterator().next();
      throw FormatException.in(
          file, "tensor '%s' needs '%s', which is missing".formatted(stem + BLOCKS, stem + SCALES));
    }
    joined.addAll(others);
    return joined;
  }

  private static String stem(String name, String end) {
    return name.substring(0, name.length() - end.length());
  }

  private static Expression packed(Path file, SourceTensor blocks, SourceTensor scales)
      throws FormatException {
    long[] dimensions = scales.values().shape().toArray();
    try {
      if (dimensions.length == 0) {
        throw new IllegalArgumentException("scales have no dimension");
      }
      int last = dimensions.length - 1;
      dimensions[last] = Math.multiplyExact(dimensions[last], 32);
      return new PackMxfp4(blocks.values(), scales.values(), Shape.of(dimensions));
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw FormatException.in(
          file,
          "tensors '%s' %s and '%s' %s do not belong together: expected bytes, 16 to a scale"
              .formatted(
                  blocks.name(), blocks.values().shape(), scales.name(), scales.values().shape()));
    }
  }
}

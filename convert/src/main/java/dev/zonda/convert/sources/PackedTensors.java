package dev.zonda.convert.sources;

import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.PackedRows;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Matrices of small integers as compressed-tensors packs them: `weight_packed`, `weight_scale`,
/// `weight_shape` and, if they are not symmetric, `weight_zero_point`.
///
/// @param file to be named in messages
/// @param groupSize columns that share a scale; 0 for all of a row
record PackedTensors(Path file, int bits, long groupSize, Symmetry symmetry)
    implements Quantization {
  private static final String WORDS = "_packed";
  private static final String SCALES = "_scale";
  private static final String SHAPE = "_shape";
  private static final String ZEROS = "_zero_point";
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Where the number lies that means zero.
  enum Symmetry {
    /// In the middle.
    SYMMETRIC,
    /// Where a tensor says.
    ASYMMETRIC
  }

  @Override
  public List<SourceTensor> undone(List<SourceTensor> stored, Notes notes) throws FormatException {
    Map<String, SourceTensor> parts = new LinkedHashMap<>();
    for (SourceTensor tensor : stored) {
      parts.put(tensor.name(), tensor);
    }
    int lastFile = stored.stream().mapToInt(SourceTensor::file).max().orElse(0);
    List<SourceTensor> plain = new ArrayList<>();
    List<SourceTensor> behind = new ArrayList<>();
    for (SourceTensor tensor : stored) {
      String name = tensor.name();
      if (name.endsWith(".weight" + WORDS)) {
        String stem = name.substring(0, name.length() - WORDS.length());
        // The reference writes them behind all others.
        behind.add(new SourceTensor(stem, matrix(parts, stem), lastFile));
      } else if (isPart(name)) {
        part(parts, name, name.substring(0, name.lastIndexOf(".weight")) + ".weight" + WORDS);
      } else {
        plain.add(tensor);
      }
    }
    plain.addAll(behind);
    return plain;
  }

  private static boolean isPart(String name) {
    return name.endsWith(".weight" + SCALES)
        || name.endsWith(".weight" + SHAPE)
        || name.endsWith(".weight" + ZEROS);
  }

  private SourceTensor part(Map<String, SourceTensor> parts, String of, String name)
      throws FormatException {
    SourceTensor part = parts.get(name);
    if (part == null) {
      throw problem("tensor '%s' has no '%s'".formatted(of, name));
    }
    return part;
  }

  private Expression matrix(Map<String, SourceTensor> parts, String stem) throws FormatException {
    SourceTensor words = part(parts, stem + WORDS, stem + WORDS);
    SourceTensor scales = part(parts, words.name(), stem + SCALES);
    Shape shape = shape(part(parts, words.name(), stem + SHAPE));
    SourceTensors.requireFloats(file, scales);
    Optional<SourceTensor> zeros = Optional.empty();
    if (symmetry == Symmetry.ASYMMETRIC) {
      zeros = Optional.of(part(parts, words.name(), stem + ZEROS));
    } else if (parts.containsKey(stem + ZEROS)) {
      throw problem("tensor '%s' is there, but config.json says symmetric".formatted(stem + ZEROS));
    }
    try {
      Expression matrix =
          new PackedRows(
              words.values(), zeros.map(SourceTensor::values), scales.values(), bits, shape);
      long size = groupSize == 0 ? shape.rowLength() : groupSize;
      if (scales.values().shape().rowLength() != Math.ceilDiv(shape.rowLength(), size)) {
        throw problem(
            "tensor '%s' has %d scales in a row, but config.json says group_size %d for %d columns"
                .formatted(
                    scales.name(), scales.values().shape().rowLength(), size, shape.rowLength()));
      }
      return matrix;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw problem(
          "tensors '%s' %s %s and '%s' %s%s are not a matrix of %s: expected %d numbers to a word of I32"
              .formatted(
                  words.name(),
                  words.values().type(),
                  words.values().shape(),
                  scales.name(),
                  scales.values().shape(),
                  zeros
                      .map(zero -> " and '%s' %s".formatted(zero.name(), zero.values().shape()))
                      .orElse(""),
                  shape,
                  Integer.SIZE / bits));
    }
  }

  /// The shape of the matrix, which is the value of a tensor.
  private Shape shape(SourceTensor tensor) throws FormatException {
    Expression values = tensor.values();
    boolean isLong = values.type() == TensorType.I64;
    if (!values.shape().equals(Shape.of(2)) || !(isLong || values.type() == TensorType.I32)) {
      throw problem(
          "tensor '%s' is %s %s, expected two integers"
              .formatted(tensor.name(), values.type(), values.shape()));
    }
    MemorySegment own = MemorySegment.ofArray(new byte[2 * Long.BYTES]);
    MemorySegment read = values.rows(0, 1, own);
    long rows = isLong ? read.get(LONG, 0) : read.get(INT, 0);
    long columns = isLong ? read.get(LONG, Long.BYTES) : read.get(INT, Integer.BYTES);
    if (rows < 1 || columns < 1 || rows > Integer.MAX_VALUE || columns > Integer.MAX_VALUE) {
      throw problem(
          "tensor '%s' says %d rows and %d columns, expected 1 to %d"
              .formatted(tensor.name(), rows, columns, Integer.MAX_VALUE));
    }
    return Shape.of(rows, columns);
  }

  private FormatException problem(String text) {
    return FormatException.in(file, text);
  }
}

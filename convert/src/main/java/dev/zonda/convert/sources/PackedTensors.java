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
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Matrices of small integers as compressed-tensors packs them: `weight_packed`, `weight_scale`,
/// `weight_shape`, `weight_zero_point` if they are not symmetric, and `weight_g_idx` if columns are
/// not in order.
///
/// @param file to be named in messages
/// @param forms of the modules
record PackedTensors(Path file, Forms forms) implements Quantization {
  private static final String WEIGHT = ".weight";
  private static final String WORDS = "_packed";
  private static final String SCALES = "_scale";
  private static final String SHAPE = "_shape";
  private static final String ZEROS = "_zero_point";
  private static final String GROUPS = "_g_idx";
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

  /// How a module's matrix is stored.
  ///
  /// @param groupSize columns that share a scale; 0 for all of a row
  /// @param groups where a column's group stands
  record Form(int bits, long groupSize, Symmetry symmetry, GroupedInts.Groups groups) {}

  @FunctionalInterface
  interface Forms {
    /// @param module its full name
    Form of(String module) throws FormatException;
  }

  /// The modules whose matrices are packed.
  static Set<String> modules(List<SourceTensor> stored) {
    Set<String> modules = new HashSet<>();
    for (SourceTensor tensor : stored) {
      if (tensor.name().endsWith(WEIGHT + WORDS)) {
        modules.add(without(tensor.name(), WEIGHT + WORDS));
      }
    }
    return modules;
  }

  /// The name of the module whose packed matrix a tensor is a part of, if it is called like one.
  static Optional<String> moduleOf(String tensor) {
    return Stream.of(WORDS, SCALES, SHAPE, ZEROS, GROUPS)
        .filter(end -> tensor.endsWith(WEIGHT + end))
        .map(end -> without(tensor, WEIGHT + end))
        .findFirst();
  }

  private static String without(String name, String end) {
    return name.substring(0, name.length() - end.length());
  }

  @Override
  public List<SourceTensor> undone(List<SourceTensor> stored, Notes notes) throws FormatException {
    TensorParts parts = TensorParts.of(file, stored);
    List<SourceTensor> plain = new ArrayList<>();
    List<SourceTensor> behind = new ArrayList<>();
    for (SourceTensor tensor : stored) {
      String name = tensor.name();
      Optional<String> module = moduleOf(name);
      if (name.endsWith(WEIGHT + WORDS)) {
        // llama.cpp's converter writes them after all others.
        behind.add(
            new SourceTensor(
                without(name, WORDS), matrix(parts, module.orElseThrow()), parts.lastFile()));
      } else if (module.isPresent()) {
        parts.required(name, module.get() + WEIGHT + WORDS);
      } else {
        plain.add(tensor);
      }
    }
    plain.addAll(behind);
    return plain;
  }

  private Expression matrix(TensorParts parts, String module) throws FormatException {
    Form form = forms.of(module);
    String stem = module + WEIGHT;
    SourceTensor words = parts.required(stem + WORDS, stem + WORDS);
    SourceTensor scales = parts.required(words.name(), stem + SCALES);
    Shape shape = shape(parts.required(words.name(), stem + SHAPE));
    SourceTensors.requireFloats(file, scales);
    Optional<SourceTensor> zeros = Optional.empty();
    if (form.symmetry() == Symmetry.ASYMMETRIC) {
      zeros = Optional.of(parts.required(words.name(), stem + ZEROS));
    } else if (parts.find(stem + ZEROS).isPresent()) {
      throw problem(
          "tensor '%s' is not expected, as config.json says symmetric".formatted(stem + ZEROS));
    }
    Optional<SourceTensor> index = index(parts, module, form);
    try {
      long size = form.groupSize() == 0 ? shape.rowLength() : form.groupSize();
      long groups = Math.ceilDiv(shape.rowLength(), size);
      Optional<Expression> groupOf =
          index.isPresent() ? GroupIndex.of(file, index.get(), groups) : Optional.empty();
      Expression matrix =
          new PackedRows(
              words.values(),
              zeros.map(SourceTensor::values),
              matrix(scales.values()),
              groupOf,
              form.bits(),
              shape);
      if (scales.values().shape().rowLength() != groups) {
        throw problem(
            "tensor '%s' has %d scales in a row, but config.json says group_size %d for %d columns"
                .formatted(
                    scales.name(), scales.values().shape().rowLength(), size, shape.rowLength()));
      }
      return matrix;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw problem(
          ("tensors '%s' %s %s and '%s' %s%s are not a matrix of %s: expected numbers of "
                  + "%d bits in words of I32")
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
                  form.bits()));
    }
  }

  /// A scale for the whole is one row of one.
  private static Expression matrix(Expression scales) {
    return scales.shape().elements() == 1 ? scales.reshaped(1, 1) : scales;
  }

  private Optional<SourceTensor> index(TensorParts parts, String module, Form form)
      throws FormatException {
    String name = module + WEIGHT + GROUPS;
    if (form.groups() == GroupedInts.Groups.INDEXED && parts.find(name).isEmpty()) {
      throw problem(
          "tensor '%s' needs '%s' for actorder group of config.json, but it is missing"
              .formatted(module + WEIGHT + WORDS, name));
    }
    return parts.find(name);
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

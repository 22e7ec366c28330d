package dev.zonda.convert.sources;

import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.GroupedColumns;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Matrices of small integers as GPTQ and AWQ store them: `qweight`, `qzeros`, `scales`, and with
/// GPTQ `g_idx`.
///
/// @param file to be named in messages
/// @param groupSize inputs that share a scale; 0 for all
record GroupedInts(Path file, GroupedColumns.Packing packing, long groupSize)
    implements Quantization {
  private static final String WORDS = ".qweight";
  private static final String ZEROS = ".qzeros";
  private static final String SCALES = ".scales";
  private static final String GROUPS = ".g_idx";
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  @Override
  public List<SourceTensor> undone(List<SourceTensor> stored, Notes notes) throws FormatException {
    Map<String, SourceTensor> parts = new LinkedHashMap<>();
    for (SourceTensor tensor : stored) {
      parts.put(tensor.name(), tensor);
    }
    boolean isGptq = packing.direction() == GroupedColumns.Direction.INPUTS;
    int lastFile = stored.stream().mapToInt(SourceTensor::file).max().orElse(0);
    List<SourceTensor> plain = new ArrayList<>();
    List<SourceTensor> behind = new ArrayList<>();
    for (SourceTensor tensor : stored) {
      if (tensor.name().endsWith(WORDS)) {
        String stem = tensor.name().substring(0, tensor.name().length() - WORDS.length());
        Expression values = matrix(parts, stem);
        if (isGptq) {
          // The reference writes them behind all others.
          behind.add(new SourceTensor(stem + ".weight", values, lastFile));
        } else {
          plain.add(new SourceTensor(stem + ".weight", values, tensor.file()));
        }
      } else if (!isPart(tensor.name())) {
        plain.add(tensor);
      } else {
        requireWords(parts, tensor.name());
      }
    }
    plain.addAll(behind);
    return plain;
  }

  private boolean isPart(String name) {
    boolean hasGroups = packing.direction() == GroupedColumns.Direction.INPUTS;
    return name.endsWith(ZEROS) || name.endsWith(SCALES) || (hasGroups && name.endsWith(GROUPS));
  }

  private void requireWords(Map<String, SourceTensor> parts, String name) throws FormatException {
    part(parts, name, name.substring(0, name.lastIndexOf('.')) + WORDS);
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
    String name = stem + WORDS;
    SourceTensor words = part(parts, name, name);
    SourceTensor zeros = part(parts, name, stem + ZEROS);
    SourceTensor scales = part(parts, name, stem + SCALES);
    boolean isGptq = packing.direction() == GroupedColumns.Direction.INPUTS;
    Optional<SourceTensor> groups =
        isGptq ? Optional.of(part(parts, name, stem + GROUPS)) : Optional.empty();
    SourceTensors.requireFloats(file, scales);
    try {
      Expression matrix =
          new GroupedColumns(
              words.values(),
              zeros.values(),
              scales.values(),
              groups.map(SourceTensor::values),
              packing,
              shape(words.values().shape()));
      long inputs = matrix.shape().rowLength();
      long size = groupSize == 0 ? inputs : groupSize;
      if (scales.values().shape().dimension(0) != Math.ceilDiv(inputs, size)) {
        throw problem(
            "tensor '%s' has scales of %d groups, but config.json says group_size %d for %d inputs"
                .formatted(scales.name(), scales.values().shape().dimension(0), size, inputs));
      }
      if (groups.isPresent()) {
        requireGroups(groups.get(), scales.values().shape().dimension(0));
      }
      return matrix;
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw problem(
          "tensors '%s' %s %s, '%s' %s %s and '%s' %s%s do not belong together: expected %d numbers to a word of I32"
              .formatted(
                  name,
                  words.values().type(),
                  words.values().shape(),
                  zeros.name(),
                  zeros.values().type(),
                  zeros.values().shape(),
                  scales.name(),
                  scales.values().shape(),
                  groups
                      .map(index -> ", '%s' %s".formatted(index.name(), index.values().shape()))
                      .orElse(""),
                  packing.perWord()));
    }
  }

  private Shape shape(Shape words) {
    if (words.rank() != 2) {
      throw new IllegalArgumentException(words + " is no matrix");
    }
    return packing.direction() == GroupedColumns.Direction.INPUTS
        ? Shape.of(words.dimension(1), Math.multiplyExact(words.dimension(0), packing.perWord()))
        : Shape.of(Math.multiplyExact(words.dimension(1), packing.perWord()), words.dimension(0));
  }

  /// Looks at the one kind of values that can be wrong, before anything is written.
  private void requireGroups(SourceTensor groups, long count) throws FormatException {
    Expression values = groups.values();
    MemorySegment own = MemorySegment.ofArray(new byte[Math.toIntExact(values.rowBytes())]);
    MemorySegment read = values.rows(0, 1, own);
    for (long i = 0; i < values.shape().rowLength(); i++) {
      int group = read.get(INT, i * Integer.BYTES);
      if (group < 0 || group >= count) {
        throw problem(
            "tensor '%s' has group %d at %d, expected 0 to %d"
                .formatted(groups.name(), group, i, count - 1));
      }
    }
  }

  private FormatException problem(String text) {
    return FormatException.in(file, text);
  }
}

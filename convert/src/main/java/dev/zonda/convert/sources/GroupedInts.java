package dev.zonda.convert.sources;

import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.GroupedColumns;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Matrices of small integers as GPTQ and AWQ store them: `qweight`, `qzeros`, `scales`, and with
/// GPTQ `g_idx`.
///
/// @param file to be named in messages
/// @param direction of the numbers in all words
/// @param forms of the modules
record GroupedInts(Path file, GroupedColumns.Direction direction, Forms forms)
    implements Quantization {
  /// Where an input's group stands.
  enum Groups {
    /// In an index that must be there.
    INDEXED,
    /// In an index if there is one; else inputs are in order.
    IN_ORDER
  }

  /// How a module's matrix is stored.
  ///
  /// @param groupSize inputs that share a scale; 0 for all
  record Form(GroupedColumns.Packing packing, long groupSize, Groups groups) {}

  @FunctionalInterface
  interface Forms {
    /// @param module its full name
    Form of(String module) throws FormatException;
  }

  private static final String WORDS = ".qweight";
  private static final String ZEROS = ".qzeros";
  private static final String SCALES = ".scales";
  private static final String GROUPS = ".g_idx";

  @Override
  public List<SourceTensor> undone(List<SourceTensor> stored, Notes notes) throws FormatException {
    TensorParts parts = TensorParts.of(file, stored);
    List<SourceTensor> plain = new ArrayList<>();
    List<SourceTensor> behind = new ArrayList<>();
    for (SourceTensor tensor : stored) {
      if (tensor.name().endsWith(WORDS)) {
        String stem = tensor.name().substring(0, tensor.name().length() - WORDS.length());
        Expression values = matrix(parts, stem);
        if (hasIndex()) {
          // llama.cpp's converter writes them after all others.
          behind.add(new SourceTensor(stem + ".weight", values, parts.lastFile()));
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
    return name.endsWith(ZEROS) || name.endsWith(SCALES) || (hasIndex() && name.endsWith(GROUPS));
  }

  /// GPTQ's form has one.
  private boolean hasIndex() {
    return direction == GroupedColumns.Direction.INPUTS;
  }

  private void requireWords(TensorParts parts, String name) throws FormatException {
    parts.required(name, name.substring(0, name.lastIndexOf('.')) + WORDS);
  }

  private Expression matrix(TensorParts parts, String module) throws FormatException {
    String name = module + WORDS;
    Form form = forms.of(module);
    SourceTensor words = parts.required(name, name);
    SourceTensor zeros = parts.required(name, module + ZEROS);
    SourceTensor scales = parts.required(name, module + SCALES);
    Optional<SourceTensor> index = index(parts, module, form);
    SourceTensors.requireFloats(file, scales);
    try {
      Shape shape = shape(words.values().shape(), form.packing());
      long size = form.groupSize() == 0 ? shape.rowLength() : form.groupSize();
      long groups = Math.ceilDiv(shape.rowLength(), size);
      if (scales.values().shape().rank() == 2 && scales.values().shape().dimension(0) != groups) {
        throw problem(
            ("tensor '%s' has scales of %d groups, but config.json says group_size %d for "
                    + "%d inputs of %d bits")
                .formatted(
                    scales.name(),
                    scales.values().shape().dimension(0),
                    size,
                    shape.rowLength(),
                    form.packing().bits()));
      }
      Optional<Expression> groupOf =
          index.isPresent() ? GroupIndex.of(file, index.get(), groups) : Optional.empty();
      return new GroupedColumns(
          words.values(), zeros.values(), scales.values(), groupOf, form.packing(), shape);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw problem(
          ("tensors '%s' %s %s, '%s' %s %s and '%s' %s%s do not belong together: expected "
                  + "numbers of %d bits in words of I32")
              .formatted(
                  name,
                  words.values().type(),
                  words.values().shape(),
                  zeros.name(),
                  zeros.values().type(),
                  zeros.values().shape(),
                  scales.name(),
                  scales.values().shape(),
                  index
                      .map(part -> ", '%s' %s".formatted(part.name(), part.values().shape()))
                      .orElse(""),
                  form.packing().bits()));
    }
  }

  private Optional<SourceTensor> index(TensorParts parts, String module, Form form)
      throws FormatException {
    if (!hasIndex()) {
      return Optional.empty();
    }
    return form.groups() == Groups.INDEXED
        ? Optional.of(parts.required(module + WORDS, module + GROUPS))
        : parts.find(module + GROUPS);
  }

  private Shape shape(Shape words, GroupedColumns.Packing packing) {
    if (words.rank() != 2) {
      throw new IllegalArgumentException(words + " is not a matrix");
    }
    return hasIndex()
        ? Shape.of(words.dimension(1), packing.numbers(words.dimension(0)))
        : Shape.of(packing.numbers(words.dimension(1)), words.dimension(0));
  }

  private FormatException problem(String text) {
    return FormatException.in(file, text);
  }
}

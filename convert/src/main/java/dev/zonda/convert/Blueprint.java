package dev.zonda.convert;

import dev.zonda.convert.expression.Expression;
import dev.zonda.formats.CheckpointFolder;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.gguf.GgufModel;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/// A checkpoint folder seen as the GGUF file that it becomes: all names, types, shapes, offsets and
/// metadata are there; the values are computed when asked for.
public final class Blueprint implements GgufModel {
  private final CheckpointFolder folder;
  private final GgufLayout layout;
  private final Map<String, Expression> values;
  private final Map<String, TensorInfo> byName;
  private final OutputType outputType;
  private final List<String> notes;

  /// @param values of every tensor of the layout, in the tensor's type
  Blueprint(
      CheckpointFolder folder,
      GgufLayout layout,
      Map<String, Expression> values,
      OutputType outputType,
      List<String> notes) {
    this.folder = folder;
    this.layout = layout;
    this.values = Map.copyOf(values);
    this.byName =
        layout.tensors().stream().collect(Collectors.toUnmodifiableMap(TensorInfo::name, t -> t));
    this.outputType = outputType;
    this.notes = List.copyOf(notes);
  }

  /// The file that this becomes, byte for byte planned.
  public GgufLayout layout() {
    return layout;
  }

  /// The type of the matrices; never [OutputType#AUTO], which is decided by now.
  public OutputType outputType() {
    return outputType;
  }

  /// What the user should know: one line each.
  public List<String> notes() {
    return notes;
  }

  @Override
  public String name() {
    return folder.path().toString();
  }

  @Override
  public Metadata metadata() {
    return layout.metadata();
  }

  @Override
  public List<TensorInfo> tensors() {
    return layout.tensors();
  }

  @Override
  public Optional<TensorInfo> find(String tensorName) {
    return Optional.ofNullable(byName.get(tensorName));
  }

  @Override
  public MemorySegment rows(
      TensorInfo tensor, long firstRow, long rowCount, MemorySegment scratch) {
    Expression expression = values.get(tensor.name());
    if (expression == null) {
      throw new IllegalArgumentException("'" + tensor.name() + "' is no tensor of " + name());
    }
    Objects.checkFromIndexSize(firstRow, rowCount, tensor.shape().rows());
    return expression.rows(firstRow, rowCount, scratch);
  }

  @Override
  public void close() {
    folder.close();
  }
}

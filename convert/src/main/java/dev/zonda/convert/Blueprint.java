package dev.zonda.convert;

import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.SourcePosition;
import dev.zonda.convert.tokenizers.Tokenizer;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.formats.gguf.ReadingOrder;
import dev.zonda.formats.gguf.SplitPlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/// A checkpoint folder seen as the GGUF file that it becomes: all names, types, shapes, offsets and
/// metadata are there; the values are computed when asked for.
public final class Blueprint implements GgufModel {
  /// The files that say what network and vocabulary the folder holds.
  private static final List<String> DESCRIPTIONS =
      List.of("config.json", "params.json", "tokenizer_config.json");

  private final CheckpointFolder folder;
  private final GgufLayout layout;
  private final Metadata unwritten;
  private final List<Integer> tensorCounts;
  private final Map<String, Expression> values;
  private final Map<String, TensorInfo> byName;
  private final OutputType outputType;
  private final TokenizerSource tokenizer;
  private final Optional<String> obstacle;
  private final List<String> notes;

  /// Reads the folder's tokenizer.
  @FunctionalInterface
  interface TokenizerSource {
    Tokenizer read() throws IOException;
  }

  /// @param unwritten what the layout's metadata cannot say
  /// @param tensorCounts how many of the layout's tensors come from each of the folder's weight
  ///   files
  /// @param values of every tensor of the layout, in the tensor's type
  /// @param tokenizer the folder's own, read when it is asked for
  /// @param obstacle why llama.cpp would not load the file as this model; empty if it does
  Blueprint(
      CheckpointFolder folder,
      GgufLayout layout,
      Metadata unwritten,
      List<Integer> tensorCounts,
      Map<String, Expression> values,
      OutputType outputType,
      TokenizerSource tokenizer,
      Optional<String> obstacle,
      List<String> notes) {
    this.folder = folder;
    this.layout = layout;
    this.unwritten = unwritten;
    this.tensorCounts = List.copyOf(tensorCounts);
    this.values = Map.copyOf(values);
    this.byName =
        layout.tensors().stream().collect(Collectors.toUnmodifiableMap(TensorInfo::name, t -> t));
    this.outputType = outputType;
    this.tokenizer = tokenizer;
    this.obstacle = obstacle;
    this.notes = List.copyOf(notes);
  }

  /// The file that this becomes, planned byte for byte.
  public GgufLayout layout() {
    return layout;
  }

  /// The one file that this becomes.
  public SplitPlan whole() {
    return new SplitPlan(List.of(layout), List.of());
  }

  /// The files that this becomes if each of the folder's weight files gets one of its own. A weight
  /// file without any tensor of the model gets none.
  public SplitPlan splitAsFound() {
    return SplitPlan.ofGroups(
        metadata(),
        tensorsByFile().stream()
            .map(tensors -> tensors.stream().map(TensorInfo::spec).toList())
            .toList(),
        SplitPlan.KeyOrder.QUANTIZER);
  }

  /// The type of the matrices; never [OutputType#AUTO], which is decided by now.
  public OutputType outputType() {
    return outputType;
  }

  /// The folder's own tokenizer, which may know more than its vocabulary in the GGUF file.
  ///
  /// @throws FormatException if it does something that is not known here
  public Tokenizer tokenizer() throws IOException {
    return tokenizer.read();
  }

  /// Refuses a model that can be evaluated, but not written.
  ///
  /// @throws FormatException if llama.cpp would not load the file as this model
  public void requireWritable() throws FormatException {
    if (obstacle.isPresent()) {
      throw FormatException.in(folder.path(), obstacle.get());
    }
  }

  /// What the user should know: one line each.
  public List<String> notes() {
    return notes;
  }

  /// The name of the checkpoint folder.
  public String folderName() {
    return folder.repository().map(id -> id.replaceFirst(".*/", "")).orElse(folder.name());
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
  public Metadata unwritten() {
    return unwritten;
  }

  /// The folder that this is made from; closing this closes it, too.
  public CheckpointFolder folder() {
    return folder;
  }

  @Override
  public List<TensorInfo> tensors() {
    return layout.tensors();
  }

  @Override
  public long storedBytes() {
    return folder.weights().tensors().stream().mapToLong(TensorInfo::bytes).sum();
  }

  /// A digest of what the folder holds, not of what becomes of it, so that a later version of this
  /// program computes the same one.
  @Override
  public String headerDigest() throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
    for (TensorInfo tensor : folder.weights().tensors()) {
      String line = "%s %s %s\n".formatted(tensor.name(), tensor.type(), tensor.shape());
      digest.update(line.getBytes(StandardCharsets.UTF_8));
    }
    for (String file : DESCRIPTIONS) {
      folder.bytes(file).ifPresent(digest::update);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public List<List<TensorInfo>> tensorsByFile() {
    List<List<TensorInfo>> files = new ArrayList<>();
    int from = 0;
    for (int count : tensorCounts) {
      if (count > 0) {
        files.add(tensors().subList(from, from + count));
      }
      from += count;
    }
    return files;
  }

  @Override
  public List<Path> files() {
    return folder.archive().map(List::of).orElseGet(() -> folder.weights().files());
  }

  @Override
  public Optional<TensorInfo> find(String tensorName) {
    return Optional.ofNullable(byName.get(tensorName));
  }

  @Override
  public MemorySegment rows(TensorInfo tensor, long firstRow, long rowCount, MemorySegment scratch)
      throws IOException {
    Expression expression = values.get(tensor.name());
    if (expression == null) {
      throw new IllegalArgumentException("'" + tensor.name() + "' is not a tensor of " + name());
    }
    Objects.checkFromIndexSize(firstRow, rowCount, tensor.shape().rows());
    try {
      return expression.rows(firstRow, rowCount, scratch);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  @Override
  public Optional<ReadingOrder> readingOrder() {
    Checkpoint weights = folder.weights();
    boolean matters =
        weights.tensors().stream().anyMatch(tensor -> weights.position(tensor, 0).isPresent());
    return matters
        ? Optional.of((tensor, row) -> SourcePosition.of(values.get(tensor.name()), row))
        : Optional.empty();
  }

  @Override
  public void close() {
    folder.close();
  }
}

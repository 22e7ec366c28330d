package dev.zonda.quantize;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.formats.gguf.SplitLimit;
import dev.zonda.formats.gguf.SplitPlan;
import dev.zonda.quantize.block.Codec;
import dev.zonda.quantize.block.Codecs;
import dev.zonda.quantize.block.Importance;
import dev.zonda.quantize.imatrix.ZeroColumns;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// A recipe applied to a model: every tensor's type and place in the new file, known before the
/// first byte is computed. The file is the one that llama-quantize would write.
///
/// @param files the new file, or the new files if the model stays split
/// @param tasks one for each tensor, in file order
/// @param fallbacks tensors whose rows do not fit the blocks of the type chosen for them
/// @param unweighted names of tensors that are missing from the importance matrix, if there is one
/// @param lost columns without weight in the importance matrix, of tensors whose types use weights
/// @param idle settings of the recipe that have no effect on this model, or not all that they
///   should have, one line for the user each
public record QuantizationPlan(
    SplitPlan files,
    List<TensorTask> tasks,
    List<Fallback> fallbacks,
    List<String> unweighted,
    List<ZeroColumns> lost,
    List<String> idle) {
  private static final List<Importance> UNWEIGHTED = List.of(Importance.NONE);

  /// @param tensor name of the tensor
  /// @param wanted the type that its mixture chose
  /// @param chosen the type that it gets
  public record Fallback(String tensor, TensorType wanted, TensorType chosen) {}

  public QuantizationPlan {
    tasks = List.copyOf(tasks);
    fallbacks = List.copyOf(fallbacks);
    unweighted = List.copyOf(unweighted);
    lost = List.copyOf(lost);
    idle = List.copyOf(idle);
  }

  /// A plan in which every tensor's type is decided already.
  public static QuantizationPlan of(SplitPlan files, List<TensorTask> tasks) {
    return new QuantizationPlan(files, tasks, List.of(), List.of(), List.of(), List.of());
  }

  /// Plans the quantization of a model.
  ///
  /// @throws FormatException if the model lacks what the recipe needs, if it is quantized already
  ///   and the recipe does not allow that again, if a type can be neither read nor written, or if a
  ///   type needs an importance matrix and there is none that fits
  public static QuantizationPlan of(GgufModel source, Recipe recipe) throws FormatException {
    Path file = Path.of(source.name());
    try {
      LayerPruning pruning =
          LayerPruning.of(
              recipe.prunedLayers(), source.tensors().stream().map(TensorInfo::name).toList());
      List<List<TensorInfo>> groups = groups(source, recipe, pruning);
      List<TensorInfo> sources = groups.stream().flatMap(List::stream).toList();
      List<TensorInfo> tensors = sources.stream().map(tensor -> renamed(tensor, pruning)).toList();
      TypeChooser chooser =
          new TypeChooser(QuantizedMetadata.overridden(source.metadata(), recipe), tensors, recipe);
      List<TensorSpec> specs = new ArrayList<>(tensors.size());
      for (TensorInfo tensor : tensors) {
        specs.add(
            new TensorSpec(tensor.name(), chooser.next(tensor), tensor.shape().withoutOuterOnes()));
      }
      SplitPlan files =
          SplitPlan.ofGroups(
              QuantizedMetadata.of(source.metadata(), tensors, recipe, pruning),
              grouped(specs, groups),
              SplitPlan.KeyOrder.QUANTIZER);
      List<TensorInfo> targets = files.fileSet().tensors();
      List<TensorTask> tasks = new ArrayList<>(tensors.size());
      List<String> unweighted = new ArrayList<>();
      for (int i = 0; i < tensors.size(); i++) {
        TensorTask task = task(file, sources.get(i), targets.get(i), recipe);
        tasks.add(task);
        if (!task.isCopy() && task.importance().equals(UNWEIGHTED) && !isExempt(task.source())) {
          unweighted.add(task.source().name());
        }
      }
      return new QuantizationPlan(
          files,
          tasks,
          chooser.fallbacks(),
          recipe.importance().isPresent() ? unweighted : List.of(),
          tasks.stream().flatMap(task -> lost(task).stream()).toList(),
          idle(recipe, chooser, tasks, pruning.miscounted(source.metadata(), recipe)));
    } catch (IllegalArgumentException e) {
      throw FormatException.in(file, e.getMessage(), e);
    }
  }

  /// The same tensors in the same order, in as many files as these limits ask for.
  ///
  /// @throws IllegalArgumentException if there would be more files than can be numbered
  public QuantizationPlan within(List<SplitLimit> limits) {
    List<TensorSpec> specs = tasks.stream().map(task -> task.target().spec()).toList();
    SplitPlan split = SplitPlan.within(limits, layout().metadata(), specs);
    List<TensorInfo> targets = split.fileSet().tensors();
    List<TensorTask> moved = new ArrayList<>(tasks.size());
    for (int i = 0; i < tasks.size(); i++) {
      TensorTask task = tasks.get(i);
      moved.add(new TensorTask(task.source(), targets.get(i), task.importance()));
    }
    return new QuantizationPlan(split, moved, fallbacks, unweighted, lost, idle);
  }

  /// The new file, or the first of several, which holds the metadata.
  public GgufLayout layout() {
    return files.parts().getFirst();
  }

  /// Whether there is more than one new file.
  public boolean isSplit() {
    return files.parts().size() > 1;
  }

  /// The model's architecture, if llama-quantize would refuse it.
  public Optional<String> unknownArchitecture() {
    return layout()
        .metadata()
        .text("general.architecture")
        .filter(architecture -> !Architectures.isKnown(architecture));
  }

  /// Bytes of all tensors in the source.
  public long sourceBytes() {
    return tasks.stream().mapToLong(task -> task.source().bytes()).sum();
  }

  /// Bytes of all tensors in the new files.
  public long targetBytes() {
    return tasks.stream().mapToLong(task -> task.target().bytes()).sum();
  }

  /// Number of values in all tensors.
  public long elements() {
    return tasks.stream().mapToLong(task -> task.source().shape().elements()).sum();
  }

  /// The tensors that are kept, grouped by the file that they go to, in that file's order.
  private static List<List<TensorInfo>> groups(
      GgufModel source, Recipe recipe, LayerPruning pruning) {
    boolean keepsFiles = recipe.has(Recipe.Option.KEEP_SPLIT);
    List<List<TensorInfo>> files = keepsFiles ? source.tensorsByFile() : List.of(source.tensors());
    Comparator<TensorInfo> order =
        keepsFiles ? Comparator.comparingLong(TensorInfo::offset) : new LayerOrder();
    List<List<TensorInfo>> groups = new ArrayList<>();
    for (List<TensorInfo> tensors : files) {
      List<TensorInfo> kept =
          tensors.stream()
              .filter(tensor -> pruning.rename(tensor.name()).isPresent())
              .sorted(order)
              .toList();
      // The first file holds the metadata.
      if (groups.isEmpty() || !kept.isEmpty()) {
        groups.add(kept);
      }
    }
    return groups;
  }

  private static List<List<TensorSpec>> grouped(
      List<TensorSpec> specs, List<List<TensorInfo>> groups) {
    List<List<TensorSpec>> grouped = new ArrayList<>(groups.size());
    int from = 0;
    for (List<TensorInfo> group : groups) {
      grouped.add(specs.subList(from, from + group.size()));
      from += group.size();
    }
    return grouped;
  }

  private static List<String> idle(
      Recipe recipe, TypeChooser chooser, List<TensorTask> tasks, Optional<String> miscounted) {
    List<String> idle = new ArrayList<>(recipe.idle());
    miscounted.ifPresent(idle::add);
    idle.addAll(chooser.idle());
    boolean isWeighted = tasks.stream().anyMatch(QuantizationPlan::usesImportance);
    if (recipe.importance().isPresent() && !isWeighted) {
      idle.add("the importance matrix changes nothing: no tensor becomes a type that uses weights");
    }
    return idle;
  }

  private static boolean usesImportance(TensorTask task) {
    return !task.isCopy()
        && !task.importance().equals(UNWEIGHTED)
        && Codecs.of(task.target().type()).map(Codec::takesImportance).orElse(false);
  }

  private static TensorInfo renamed(TensorInfo tensor, LayerPruning pruning) {
    String name = pruning.rename(tensor.name()).orElseThrow();
    TensorSpec spec = new TensorSpec(name, tensor.type(), tensor.shape());
    return new TensorInfo(spec, tensor.offset());
  }

  private static TensorTask task(Path file, TensorInfo source, TensorInfo target, Recipe recipe)
      throws FormatException {
    TensorTask plain = TensorTask.of(source, target);
    if (plain.isCopy()) {
      return plain;
    }
    List<Importance> importance = importance(source, recipe);
    boolean useless = recipe.fileType().requiresImportance(target.type()) && !isExempt(source);
    if (importance.isEmpty() && (useless || isImpossibleUnweighted(target.type()))) {
      throw FormatException.in(
          file,
          ("tensor '%s' would become %s, which needs importance weights: give an importance"
                  + " matrix that has them with --imatrix, or choose a larger type")
              .formatted(source.name(), target.type()));
    }
    requireConvertible(file, plain, recipe);
    return importance.isEmpty() ? plain : new TensorTask(source, target, importance);
  }

  private static List<Importance> importance(TensorInfo tensor, Recipe recipe)
      throws FormatException {
    if (recipe.importance().isEmpty()) {
      return List.of();
    }
    try {
      return recipe.importance().get().of(tensor, tensor.name());
    } catch (FormatException e) {
      // Old matrices have wrong numbers of weights for embeddings, which hardly need any.
      if (TensorRole.of(tensor.name()) == TensorRole.TOKEN_EMBEDDING) {
        return List.of();
      }
      throw e;
    }
  }

  private static List<ZeroColumns> lost(TensorTask task) {
    boolean isWeighted =
        !task.isCopy() && Codecs.of(task.target().type()).map(Codec::takesImportance).orElse(false);
    if (!isWeighted) {
      return List.of();
    }
    List<ZeroColumns> lost = new ArrayList<>();
    List<Importance> matrices = task.importance();
    for (int i = 0; i < matrices.size(); i++) {
      OptionalInt expert = matrices.size() > 1 ? OptionalInt.of(i) : OptionalInt.empty();
      if (matrices.get(i) instanceof Importance.Columns(float[] weights)) {
        ZeroColumns.find(task.source().name(), expert, weights, 0, weights.length)
            .ifPresent(lost::add);
      }
    }
    return lost;
  }

  /// Whether the codec itself would refuse, whatever the tensor.
  private static boolean isImpossibleUnweighted(TensorType type) {
    return Codecs.of(type).map(Codec::requiresImportance).orElse(false);
  }

  /// Embeddings and the output do without weights: few matrices have any for them.
  private static boolean isExempt(TensorInfo tensor) {
    TensorRole role = TensorRole.of(tensor.name());
    return role == TensorRole.OUTPUT || role == TensorRole.TOKEN_EMBEDDING;
  }

  private static void requireConvertible(Path file, TensorTask task, Recipe recipe)
      throws FormatException {
    String tensor = task.source().name();
    TensorType from = task.source().type();
    TensorType to = task.target().type();
    if (from.isQuantized() && !recipe.has(Recipe.Option.ALLOW_REQUANTIZE)) {
      throw FormatException.in(
          file,
          ("tensor '%s' is already quantized (%s): start from the 16-bit or 32-bit model, or"
                  + " accept a further loss of quality with --allow-requantize")
              .formatted(tensor, from));
    }
    if (Codecs.of(from).isEmpty()) {
      throw FormatException.in(
          file, "tensor '%s' is of type %s, which cannot be read".formatted(tensor, from));
    }
    if (Codecs.of(to).isEmpty()) {
      throw FormatException.in(
          file, "tensor '%s' would become %s, which cannot be written".formatted(tensor, to));
    }
  }
}

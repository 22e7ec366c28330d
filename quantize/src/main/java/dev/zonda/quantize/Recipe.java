package dev.zonda.quantize;

import dev.zonda.quantize.imatrix.ImportanceMatrix;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Everything that a user says about a quantized file. Immutable.
///
/// @param fileType which mixture to use
/// @param options deviations from it
/// @param importance how much each column matters
/// @param types chosen by the user, whatever the mixture says
/// @param overrides keys of the metadata that get other values, in this order; the last one for a
///   key counts
/// @param prunedLayers numbers of the layers to leave out
/// @param idle what the user has said that has no effect, as far as that is known without a model
public record Recipe(
    FileType fileType,
    Set<Option> options,
    Optional<ImportanceMatrix> importance,
    TypeOverrides types,
    List<MetadataOverride> overrides,
    NavigableSet<Integer> prunedLayers,
    List<String> idle) {
  /// A deviation from what llama-quantize does by default.
  public enum Option {
    /// All tensors that may be quantized get the file type's default type.
    PURE,
    /// Tensors that are quantized already may be quantized again.
    ALLOW_REQUANTIZE,
    /// A split model gets as many files again, each with the tensors that it had.
    KEEP_SPLIT,
    /// The output matrix keeps its type.
    LEAVE_OUTPUT_TENSOR
  }

  public Recipe {
    options = Set.copyOf(options);
    overrides = List.copyOf(overrides);
    idle = List.copyOf(idle);
    prunedLayers = Collections.unmodifiableNavigableSet(new TreeSet<>(prunedLayers));
  }

  public static Recipe of(FileType fileType) {
    return new Recipe(
        fileType,
        Set.of(),
        Optional.empty(),
        TypeOverrides.NONE,
        List.of(),
        Collections.emptyNavigableSet(),
        List.of());
  }

  public Recipe with(Option option) {
    EnumSet<Option> more = EnumSet.of(option);
    more.addAll(options);
    return new Recipe(fileType, more, importance, types, overrides, prunedLayers, idle);
  }

  /// A recipe that uses a matrix, if there are any weights in it.
  public Recipe with(ImportanceMatrix matrix) {
    Optional<ImportanceMatrix> used = Optional.of(matrix).filter(some -> some.size() > 0);
    return new Recipe(fileType, options, used, types, overrides, prunedLayers, idle);
  }

  /// A recipe with these types instead of those that it had.
  public Recipe with(TypeOverrides chosen) {
    return new Recipe(fileType, options, importance, chosen, overrides, prunedLayers, idle);
  }

  /// A recipe with one more override.
  public Recipe with(MetadataOverride override) {
    List<MetadataOverride> more = new ArrayList<>(overrides);
    more.add(override);
    return new Recipe(fileType, options, importance, types, more, prunedLayers, idle);
  }

  /// A recipe that leaves out more layers.
  public Recipe withoutLayers(Collection<Integer> layers) {
    NavigableSet<Integer> more = new TreeSet<>(prunedLayers);
    more.addAll(layers);
    return new Recipe(fileType, options, importance, types, overrides, more, idle);
  }

  /// A recipe with one more setting that has no effect.
  public Recipe withIdle(String said) {
    List<String> more = new ArrayList<>(idle);
    more.add(said);
    return new Recipe(fileType, options, importance, types, overrides, prunedLayers, more);
  }

  public boolean has(Option option) {
    return options.contains(option);
  }
}

package dev.zonda.quantize;

import dev.zonda.quantize.imatrix.ImportanceMatrix;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/// Everything that a user says about the types in a quantized file. Immutable.
///
/// @param fileType which mixture to use
/// @param options deviations from it
/// @param importance how much each column matters
public record Recipe(
    FileType fileType, Set<Option> options, Optional<ImportanceMatrix> importance) {
  /// A deviation from what llama-quantize does by default.
  public enum Option {
    /// All tensors that may be quantized get the file type's default type.
    PURE,
    /// Tensors that are quantized already may be quantized again.
    ALLOW_REQUANTIZE
  }

  public Recipe {
    options = Set.copyOf(options);
  }

  public static Recipe of(FileType fileType) {
    return new Recipe(fileType, Set.of(), Optional.empty());
  }

  public Recipe with(Option option) {
    EnumSet<Option> more = EnumSet.of(option);
    more.addAll(options);
    return new Recipe(fileType, more, importance);
  }

  public Recipe with(ImportanceMatrix matrix) {
    return new Recipe(fileType, options, Optional.of(matrix));
  }

  public boolean has(Option option) {
    return options.contains(option);
  }
}

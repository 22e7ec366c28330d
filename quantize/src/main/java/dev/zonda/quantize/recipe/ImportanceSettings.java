package dev.zonda.quantize.recipe;

import dev.zonda.quantize.imatrix.ImportanceMatrix;
import java.util.List;
import java.util.Optional;

/// Which importance matrix a user wants, and for which tensors. Immutable.
///
/// @param matrix its file
/// @param included parts of names of tensors that use it, if only those do
/// @param excluded parts of names of tensors that do not use it
public record ImportanceSettings(
    Optional<String> matrix, List<String> included, List<String> excluded) {
  public ImportanceSettings {
    included = List.copyOf(included);
    excluded = List.copyOf(excluded);
  }

  /// These settings, and those of another where these say nothing. The lists of the two are not
  /// mixed.
  ImportanceSettings over(ImportanceSettings base) {
    ImportanceSettings choice = choosesTensors() ? this : base;
    return new ImportanceSettings(matrix.or(base::matrix), choice.included, choice.excluded);
  }

  boolean choosesTensors() {
    return !included.isEmpty() || !excluded.isEmpty();
  }

  /// The parts of names in the list that was given; settings without contradiction have at most
  /// one.
  List<String> parts() {
    return included.isEmpty() ? excluded : included;
  }

  /// The weights of the chosen tensors.
  ImportanceMatrix chosen(ImportanceMatrix all) {
    return all.filtered(this::isChosen);
  }

  private boolean isChosen(String tensor) {
    return included.isEmpty()
        ? excluded.stream().noneMatch(tensor::contains)
        : included.stream().anyMatch(tensor::contains);
  }
}

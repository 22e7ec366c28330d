package dev.zonda.quantize.recipe;

import java.util.Locale;

/// What a user may turn on or off in a recipe. The field of a recipe file and the option of the
/// command line have the constant's name.
public enum RecipeFlag {
  PURE(Part.QUANTIZATION),
  ALLOW_REQUANTIZE(Part.QUANTIZATION),
  /// Weights of 0 in the importance matrix are taken for 1.
  FILL_ZERO_WEIGHTS(Part.IMPORTANCE),
  LEAVE_OUTPUT_TENSOR(Part.QUANTIZATION),
  /// A model of several files becomes as many files again.
  KEEP_SPLIT(Part.FILES),
  /// The converter drops what llama.cpp's converter drops.
  AS_REFERENCE(Part.CONVERSION),
  /// The converter writes nothing but the layers that predict further tokens, or all but them.
  MTP(Part.CONVERSION);

  /// What a flag is about.
  enum Part {
    /// The types of tensors: it says nothing if the model gets no type to quantize to.
    QUANTIZATION,
    /// The importance matrix: it says nothing without one.
    IMPORTANCE,
    FILES,
    CONVERSION
  }

  private final Part part;

  RecipeFlag(Part part) {
    this.part = part;
  }

  Part part() {
    return part;
  }

  /// Its name in a recipe file.
  public String field() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Its name on the command line.
  public String option() {
    return "--" + field().replace('_', '-');
  }
}

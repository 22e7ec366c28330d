package dev.zonda.formats.torch;

/// A pickle asks for something that is not a tensor. The caller, which knows the file and the
/// offset, turns this into a [dev.zonda.formats.FormatException].
final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  /// @param problem what the pickle does, worded to follow "the pickle"
  Refusal(String problem) {
    super(problem);
  }
}

package dev.zonda.formats.torch;

/// A pickle asks for something that is no tensor. Whoever knows the file and the offset makes a
/// [dev.zonda.formats.FormatException] of it.
final class Refusal extends Exception {
  private static final long serialVersionUID = 1L;

  /// @param problem what the pickle does, to stand behind the file's name
  Refusal(String problem) {
    super(problem);
  }
}

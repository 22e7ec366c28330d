package dev.zonda.cli.render;

/// What shows a stream.
public sealed interface Screen {
  /// As wide as programs expect a terminal to be that does not say so.
  int USUAL_COLUMNS = 80;

  /// Lines can be overwritten, and break where they are longer.
  ///
  /// @param columns at least one
  record Terminal(int columns) implements Screen {
    public Terminal {
      if (columns < 1) {
        throw new IllegalArgumentException(columns + " columns");
      }
    }
  }

  /// A file or a pipe: lines may be of any length.
  record None() implements Screen {}

  static Screen none() {
    return new None();
  }

  /// Characters that fit a line.
  default int columns() {
    return switch (this) {
      case Terminal(int columns) -> columns;
      case None() -> Integer.MAX_VALUE;
    };
  }
}

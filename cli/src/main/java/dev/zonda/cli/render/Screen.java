package dev.zonda.cli.render;

/// What a stream is shown on.
public sealed interface Screen {
  /// The width that programs assume for a terminal that does not tell its own.
  int USUAL_COLUMNS = 80;

  /// Lines can be overwritten, and wrap where they are longer.
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
  record None() implements Screen {
    @Override
    public int columns() {
      return Integer.MAX_VALUE;
    }
  }

  static Screen none() {
    return new None();
  }

  /// Characters that fit a line.
  int columns();
}

package dev.zonda.verify.kernels;

/// Which tokens a query sees.
///
/// @param kind in what way the text is cut
/// @param length tokens that are seen at most, the query's own included
public record Window(Kind kind, int length) {
  /// All earlier tokens.
  public static final Window ALL = new Window(Kind.SLIDING, Integer.MAX_VALUE);

  /// All tokens of the text, later ones, too.
  public static final Window BOTH_WAYS = new Window(Kind.BOTH_WAYS, Integer.MAX_VALUE);

  /// How the text is cut.
  public enum Kind {
    /// A query sees earlier and later tokens.
    BOTH_WAYS,
    /// A query sees the last tokens.
    SLIDING,
    /// The text is cut into chunks; a query sees those of its own.
    CHUNKED
  }

  public Window {
    if (length < 1) {
      throw new IllegalArgumentException("a window of " + length + " tokens");
    }
  }

  public static Window sliding(int length) {
    return new Window(Kind.SLIDING, length);
  }

  public static Window chunked(int length) {
    return new Window(Kind.CHUNKED, length);
  }

  /// The first position that a query sees.
  int firstKey(int query) {
    return switch (kind) {
      case SLIDING -> (int) Math.max(0, query - (long) length + 1);
      case CHUNKED -> query - query % length;
      case BOTH_WAYS -> 0;
    };
  }

  /// Whether a query sees tokens after its own.
  public boolean seesLater() {
    return kind == Kind.BOTH_WAYS;
  }

  /// The first query that no longer sees a key.
  long endOf(int key) {
    return switch (kind) {
      case SLIDING -> (long) key + length;
      case CHUNKED -> ((long) key / length + 1) * length;
      case BOTH_WAYS -> Long.MAX_VALUE;
    };
  }
}

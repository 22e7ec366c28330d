package dev.zonda.formats.gguf;

/// How much goes into one file of a split model.
public sealed interface SplitLimit {
  /// Whether a file has no room for one more tensor.
  ///
  /// @param tensors in the file so far
  /// @param bytes that there would be with the next
  default boolean isExceeded(int tensors, long bytes) {
    return switch (this) {
      case MostTensors(int most) -> tensors >= most;
      case MostBytes(long most) -> bytes > most;
    };
  }

  /// @param count at least one
  record MostTensors(int count) implements SplitLimit {
    /// The default of llama-gguf-split.
    public static final MostTensors USUAL = new MostTensors(128);

    public MostTensors {
      if (count < 1) {
        throw new IllegalArgumentException("at least 1 tensor per file is needed, not " + count);
      }
    }
  }

  /// @param bytes of the tensors, each padded to a multiple of 32; headers do not count
  record MostBytes(long bytes) implements SplitLimit {
    public MostBytes {
      if (bytes < 1) {
        throw new IllegalArgumentException("at least 1 byte per file is needed, not " + bytes);
      }
    }
  }
}

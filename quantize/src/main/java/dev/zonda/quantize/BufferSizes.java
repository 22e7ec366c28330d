package dev.zonda.quantize;

/// How large the buffers of one worker must be.
///
/// @param values floats
/// @param sourceBytes bytes of rows of the source
/// @param targetBytes bytes of rows of the target
record BufferSizes(long values, long sourceBytes, long targetBytes) {
  /// What an array can hold.
  static final int MOST_VALUES = Integer.MAX_VALUE - 8;

  static final BufferSizes NONE = new BufferSizes(0, 0, 0);

  BufferSizes max(BufferSizes other) {
    return new BufferSizes(
        Math.max(values, other.values),
        Math.max(sourceBytes, other.sourceBytes),
        Math.max(targetBytes, other.targetBytes));
  }

  /// Bytes in all, at least one.
  long total() {
    return 1 + Float.BYTES * values + sourceBytes + targetBytes;
  }
}

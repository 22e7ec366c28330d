package dev.zonda.verify.kernels;

import java.lang.foreign.MemorySegment;

/// Memory that one thread uses again and again. Grows to the largest need.
public final class Scratch {
  private MemorySegment bytes = MemorySegment.ofArray(new byte[0]);
  private float[] floats = {};

  /// At least this many bytes, with arbitrary values.
  ///
  /// @throws ArithmeticException if it is more than an array can hold
  public MemorySegment bytes(long count) {
    if (bytes.byteSize() < count) {
      bytes = MemorySegment.ofArray(new byte[Math.toIntExact(count)]);
    }
    return bytes;
  }

  /// At least this many floats, with arbitrary values.
  public float[] floats(int count) {
    if (floats.length < count) {
      floats = new float[count];
    }
    return floats;
  }

  /// Scratch for each of so many threads.
  public static Scratch[] perWorker(int workers) {
    Scratch[] all = new Scratch[workers];
    for (int i = 0; i < workers; i++) {
      all[i] = new Scratch();
    }
    return all;
  }
}

package dev.zonda.convert.tokenizers.words;

import java.util.Arrays;

/// A growing list of numbers without boxes.
public final class IntList {
  private int[] values = new int[64];
  private int size;

  public void add(int value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, 2 * size);
    }
    values[size++] = value;
  }

  public void addAll(int[] others) {
    if (others.length > values.length - size) {
      values = Arrays.copyOf(values, Math.max(2 * values.length, size + others.length));
    }
    System.arraycopy(others, 0, values, size, others.length);
    size += others.length;
  }

  public int[] toArray() {
    return Arrays.copyOf(values, size);
  }
}

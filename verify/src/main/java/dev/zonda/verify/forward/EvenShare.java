package dev.zonda.verify.forward;

/// Splits a number of tokens over the layers that they pass, without a remainder.
final class EvenShare {
  private final long total;
  private final int parts;
  private int given;

  EvenShare(long total, int parts) {
    this.total = total;
    this.parts = parts;
  }

  long next() {
    long before = total * given / parts;
    given++;
    return total * given / parts - before;
  }
}

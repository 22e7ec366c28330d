package dev.zonda.formats;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;

/// Damages files at random, the same way for the same seed. (The seeds go through a generator that
/// mixes them well: [Random] itself begins almost alike for seeds that follow each other.)
public final class Mutations {
  /// Numbers at which parsers stumble.
  private static final long[] EDGES = {
    0,
    1,
    -1,
    2,
    7,
    8,
    31,
    32,
    33,
    255,
    256,
    65_535,
    65_536,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 32,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    1L << 61
  };

  private final Random random;

  public Mutations(long seed) {
    random = Random.from(new SplittableRandom(seed));
  }

  /// One to four damages to a copy.
  public byte[] damage(byte[] file) {
    byte[] damaged = file.clone();
    for (int i = random.nextInt(4); i >= 0 && damaged.length > 8; i--) {
      damaged = damageOnce(damaged);
    }
    return damaged;
  }

  private byte[] damageOnce(byte[] bytes) {
    int at = random.nextInt(bytes.length - 8);
    long edge = EDGES[random.nextInt(EDGES.length)];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    switch (random.nextInt(8)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt();
      case 2 -> buffer.putInt(at, (int) edge);
      case 3 -> buffer.putLong(at, edge);
      case 4 -> buffer.putLong(at, buffer.getLong(at) + random.nextInt(9) - 4);
      case 5 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 6 -> {
        return splice(bytes, at, random.nextInt(16), 0);
      }
      default -> {
        return splice(bytes, at, 0, random.nextInt(16));
      }
    }
    return bytes;
  }

  /// Removes some bytes, or repeats some.
  private static byte[] splice(byte[] bytes, int at, int removed, int repeated) {
    int rest = Math.min(bytes.length, at + removed);
    int again = Math.min(bytes.length, at + repeated);
    byte[] result = new byte[at + (again - at) + (bytes.length - rest)];
    System.arraycopy(bytes, 0, result, 0, again);
    System.arraycopy(bytes, rest, result, again, bytes.length - rest);
    return result;
  }
}

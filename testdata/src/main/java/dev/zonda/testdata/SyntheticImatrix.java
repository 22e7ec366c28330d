package dev.zonda.testdata;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/// An importance matrix (`.dat`) for a [SyntheticModel]: invented weights for every matrix of its
/// layers, the same on every run. For measuring speed.
///
/// From the command line: `SyntheticImatrix FILE M134|M672|B3|B7`.
public final class SyntheticImatrix {
  private static final String DATASET = "synthetic";

  private SyntheticImatrix() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      throw new IllegalArgumentException("expected FILE M134|M672|B3|B7");
    }
    write(Path.of(args[0]), LlamaShape.named(args[1]));
  }

  /// Writes the file.
  public static void write(Path file, LlamaShape shape) throws IOException {
    Map<String, Long> columns = new LinkedHashMap<>();
    for (int layer = 0; layer < shape.layers(); layer++) {
      String block = "blk." + layer + ".";
      for (String name :
          new String[] {"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up"}) {
        columns.put(block + name + ".weight", shape.hidden());
      }
      columns.put(block + "ffn_down.weight", shape.feedForward());
    }
    SplittableRandom random = new SplittableRandom(134);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(ints(columns.size()));
    columns.forEach((name, count) -> {
      text(out, name);
      // Number of evaluations, by which the sums are divided, and of weights.
      out.writeBytes(ints(1, Math.toIntExact(count)));
      ByteBuffer weights =
          ByteBuffer.allocate(Math.toIntExact(Float.BYTES * count)).order(ByteOrder.LITTLE_ENDIAN);
      while (weights.hasRemaining()) {
        double deviation = random.nextGaussian();
        weights.putFloat((float) (0.01 + deviation * deviation));
      }
      out.writeBytes(weights.array());
    });
    out.writeBytes(ints(1));
    text(out, DATASET);
    Files.write(file, out.toByteArray());
  }

  private static void text(ByteArrayOutputStream out, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    out.writeBytes(ints(utf8.length));
    out.writeBytes(utf8);
  }

  private static byte[] ints(int... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Integer.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      bytes.putInt(value);
    }
    return bytes.array();
  }
}

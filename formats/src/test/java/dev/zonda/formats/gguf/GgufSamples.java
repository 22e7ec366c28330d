package dev.zonda.formats.gguf;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Right GGUF files to be damaged.
public final class GgufSamples {
  private GgufSamples() {}

  public static List<byte[]> all() throws IOException {
    List<byte[]> samples = new ArrayList<>();
    samples.add(GgufBytes.small(ByteOrder.LITTLE_ENDIAN, 3).toBytes());
    samples.add(GgufBytes.small(ByteOrder.BIG_ENDIAN, 2).toBytes());
    Path path = Files.createTempFile("sample", ".gguf");
    for (long seed = 0; seed < 10; seed++) {
      RandomGguf.of(seed).write(path);
      samples.add(Files.readAllBytes(path));
    }
    Files.delete(path);
    return samples;
  }
}

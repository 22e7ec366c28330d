package dev.zonda.formats.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZstdFrameTest {
  private static byte[] decoded(byte[] frame) throws IOException {
    MemorySegment bytes = MemorySegment.ofArray(frame);
    assertEquals(8, Compression.ZSTD.decoders(bytes));
    try (InputStream in = Compression.ZSTD.open(bytes)) {
      return in.readAllBytes();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "{}\n", "{\"architectures\": [\"LlamaForCausalLM\"]}"})
  void smallFilesAreRead(String text) throws IOException {
    byte[] content = text.getBytes(StandardCharsets.UTF_8);
    assertArrayEquals(content, decoded(Zstd.compress(content)));
  }

  @Test
  void framesThatEndTooSoonAreRefused() {
    byte[] frame = Zstd.compress("a".repeat(1000).getBytes(StandardCharsets.UTF_8));
    for (int length = 0; length < frame.length; length++) {
      byte[] cut = Arrays.copyOf(frame, length);
      assertThrows(IOException.class, () -> decoded(cut), length + " bytes of " + frame.length);
    }
  }
}

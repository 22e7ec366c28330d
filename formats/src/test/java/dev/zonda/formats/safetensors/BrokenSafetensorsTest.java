package dev.zonda.formats.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Hostile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BrokenSafetensorsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void isRefused(BrokenSafetensors broken) throws IOException {
    String message = refusal(broken.bytes());
    assertTrue(message.startsWith(folder.resolve("broken.safetensors").toString()), message);
    assertTrue(message.contains(broken.expected()), message);
  }

  @Test
  void anyTruncationIsRefused() throws IOException {
    byte[] whole =
        BrokenSafetensors.file(
            BrokenSafetensors.list(
                "\"__metadata__\":{\"format\":\"pt\"}",
                BrokenSafetensors.tensor("a", "F16", "2,3", "4,16"),
                BrokenSafetensors.tensor("b", "F32", "", "0,4")),
            16);
    SafetensorsFile.open(write(whole)).close();
    for (int length = 0; length < whole.length; length++) {
      refusal(Arrays.copyOf(whole, length));
    }
  }

  @Test
  void longHeaderIsRefusedInBoundedTimeAndMemory() throws IOException {
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i <= SafetensorsHeader.MOST_TENSORS; i++) {
      header.append(i == 0 ? "" : ",").append(BrokenSafetensors.tensor("" + i, "F32", "0", "0,0"));
    }
    byte[] bytes = BrokenSafetensors.file(header.append("}").toString(), 0);
    String message = assertTimeoutPreemptively(Duration.ofSeconds(20), () -> refusal(bytes));
    assertTrue(message.contains("more than 262144 tensors"), message);
  }

  @Test
  void missingFileAndFolderAreToldApart() throws IOException {
    assertThrows(
        NoSuchFileException.class, () -> SafetensorsFile.open(folder.resolve("none.safetensors")));
    Path subfolder = Files.createDirectory(folder.resolve("model.safetensors"));
    FormatException fault =
        assertThrows(FormatException.class, () -> SafetensorsFile.open(subfolder));
    assertEquals(subfolder + ": is a folder, expected a file", fault.getMessage());
  }

  private String refusal(byte[] bytes) throws IOException {
    return Hostile.open(write(bytes), bytes.length, path -> SafetensorsFile.open(path).close())
        .map(Throwable::getMessage)
        .orElseThrow(() -> new AssertionError("accepted " + bytes.length + " bytes"));
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("broken.safetensors"), bytes);
  }
}

package dev.zonda.formats.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.formats.safetensors.SafetensorsLayout;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointFolderTest {
  @TempDir Path temporary;
  private Path folder;

  @BeforeEach
  void createFolder() throws IOException {
    folder = Files.createDirectory(temporary.resolve("model"));
  }

  @Test
  void publishedFolderIsRead() throws IOException {
    try (CheckpointFolder checkpoint = CheckpointFolder.open(TestData.shakespeareMistral())) {
      assertEquals("safetensors", checkpoint.weights().format());
      assertEquals(
          "mistral", checkpoint.json("config.json").orElseThrow().get("model_type").asString());
      assertTrue(checkpoint.has("tokenizer.model"));
      assertTrue(checkpoint.bytes("tokenizer.model").isPresent());
      assertFalse(checkpoint.has("tokenizer.json"));
      assertEquals(Optional.empty(), checkpoint.text("tokenizer.json"));
    }
  }

  @Test
  void shardedFolderIsRead() throws IOException {
    try (CheckpointFolder checkpoint = CheckpointFolder.open(TestData.path("zoo/llama2/hf"))) {
      assertEquals("safetensors in 3 files", checkpoint.weights().format());
    }
  }

  @Test
  void onlySafetensorsFileIsTaken() throws IOException {
    weights("consolidated.safetensors");
    CheckpointFolder.open(folder).close();
    weights("another.safetensors");
    assertMessage("holds no weights", () -> CheckpointFolder.open(folder));
    weights("model.safetensors");
    CheckpointFolder.open(folder).close();
  }

  @Test
  void torchWeightsAreRead() throws IOException {
    Files.write(folder.resolve("pytorch_model.bin"), new byte[] {0x50, 0x4b});
    assertMessage("pytorch_model.bin", () -> CheckpointFolder.open(folder));
    Files.copy(
        TestData.path("golden/torch/zip.pt"),
        folder.resolve("pytorch_model.bin"),
        StandardCopyOption.REPLACE_EXISTING);
    try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
      assertEquals("PyTorch", checkpoint.weights().format());
    }
    weights("model.safetensors");
    try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
      assertEquals("safetensors", checkpoint.weights().format());
    }
  }

  @Test
  void brokenJsonIsRefused() throws IOException {
    weights("model.safetensors");
    Files.writeString(folder.resolve("generation_config.json"), "{\"a\": 1");
    Files.writeString(folder.resolve("empty.json"), "");
    Files.writeString(folder.resolve("deep.json"), "[".repeat(1_000_000));
    Files.writeString(folder.resolve("two.json"), "{} {}");
    Files.writeString(folder.resolve("wide.json"), "[" + "0,".repeat(5_000_000) + "0]");
    try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
      assertMessage(
          "generation_config.json @0x7: broken JSON",
          () -> checkpoint.json("generation_config.json"));
      assertMessage("deep.json", () -> checkpoint.json("deep.json"));
      assertMessage("empty.json: is empty", () -> checkpoint.json("empty.json"));
      assertMessage("two.json", () -> checkpoint.json("two.json"));
      assertMessage("Token count", () -> checkpoint.json("wide.json"));
    }
  }

  @Test
  void jsonOfPythonIsRead() throws IOException {
    weights("model.safetensors");
    Files.writeString(
        folder.resolve("generation_config.json"), "{\"a\": Infinity, \"b\": 1, \"b\": 2}");
    try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
      assertEquals(2, checkpoint.json("generation_config.json").orElseThrow().get("b").asInt());
    }
  }

  @Test
  void textMustBeUtf8() throws IOException {
    weights("model.safetensors");
    Files.write(folder.resolve("template.jinja"), new byte[] {'a', (byte) 0xff});
    try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
      assertMessage("template.jinja: is not valid UTF-8", () -> checkpoint.text("template.jinja"));
    }
  }

  @Test
  void hugeFileIsNotRead() throws IOException {
    weights("model.safetensors");
    try (RandomAccessFile huge =
        new RandomAccessFile(folder.resolve("generation_config.json").toFile(), "rw")) {
      huge.setLength(1L << 40);
    }
    try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
      assertMessage("has 1099511627776 bytes", () -> checkpoint.json("generation_config.json"));
    }
  }

  /// A few bytes of text each, but ten times as many of memory.
  @ParameterizedTest
  @ValueSource(strings = {"\"\",", "{\"\":{}},", "[],", "1,"})
  void moreValuesThanFitMemoryAreNotRead(String value) throws IOException {
    weights("model.safetensors");
    Files.writeString(
        folder.resolve("config.json"),
        "{\"a\": [%s1]}".formatted(value.repeat((int) CheckpointFolder.MOST_TOKENS)));
    assertMessage(
        "config.json: exceeds a limit for such a file: Token count (500001)",
        () -> CheckpointFolder.open(folder));
  }

  @Test
  void hugeTextIsNotRead() throws IOException {
    weights("model.safetensors");
    String text = "x".repeat(CheckpointFolder.MOST_TEXT_BYTES + 1);
    Files.writeString(folder.resolve("README.md"), text);
    Files.writeString(folder.resolve("generation_config.json"), "{\"a\": \"" + text + "\"}");
    try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
      assertMessage("README.md: has 4000001 bytes", () -> checkpoint.text("README.md"));
      assertMessage(
          "String value length (4000001)", () -> checkpoint.json("generation_config.json"));
    }
  }

  @Test
  void fileIsNoFolder() throws IOException {
    weights("model.safetensors");
    assertMessage(
        "model.safetensors: is neither a folder nor an archive",
        () -> CheckpointFolder.open(folder.resolve("model.safetensors")));
  }

  @Test
  void filesOutsideAreNotRead() throws IOException {
    weights("model.safetensors");
    Path outside = Files.writeString(temporary.resolve("outside.json"), "{}");
    Files.createSymbolicLink(folder.resolve("generation_config.json"), outside);
    Files.createSymbolicLink(folder.resolve("loop.json"), Path.of("loop.json"));
    Files.createDirectory(folder.resolve("tokenizer.json"));
    try (CheckpointFolder checkpoint = CheckpointFolder.open(folder)) {
      assertMessage("leads out of the folder", () -> checkpoint.json("generation_config.json"));
      assertMessage("symbolic link to nothing or to itself", () -> checkpoint.text("loop.json"));
      assertMessage("is a folder", () -> checkpoint.bytes("tokenizer.json"));
      assertMessage("not a path within the folder", () -> checkpoint.bytes("../x"));
    }
  }

  @Test
  void anythingIsOpenedByWhatItHolds() throws IOException {
    try (Checkpoint file = Checkpoints.open(TestData.path("zoo/llama2/golden.safetensors"));
        Checkpoint opened = Checkpoints.open(TestData.path("zoo/llama2/hf"))) {
      assertEquals("safetensors", file.format());
      assertEquals("safetensors in 3 files", opened.format());
    }
    assertThrows(NoSuchFileException.class, () -> Checkpoints.open(folder.resolve("none")));
    Path named = folder.resolve("model.safetensors");
    Files.writeString(named, "GGUF");
    assertMessage("version takes 4 bytes", () -> Checkpoints.open(named));
  }

  private void weights(String name) throws IOException {
    SafetensorsLayout layout =
        SafetensorsLayout.plan(
            Metadata.empty(), List.of(new TensorSpec("x", TensorType.U8, Shape.of(1))));
    try (TensorFile writer =
        TensorFile.create(folder.resolve(name), layout, OverwritePolicy.FAIL)) {
      writer.write(layout.tensors().getFirst(), 0, MemorySegment.ofArray(new byte[1]));
      writer.commit();
    }
  }

  @FunctionalInterface
  private interface Reading {
    Object read() throws IOException;
  }

  private static void assertMessage(String expected, Reading reading) {
    FormatException e = assertThrows(FormatException.class, reading::read);
    assertTrue(e.getMessage().contains(expected), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
  }
}

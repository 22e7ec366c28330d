package dev.zonda.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import dev.zonda.formats.checkpoint.Checkpoints;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectionTest {
  @TempDir private Path temporary;

  @Test
  void countsAFolder() throws IOException {
    try (CheckpointFolder folder = CheckpointFolder.open(TestData.shakespeareMistral())) {
      Inspection inspection = Inspection.of(folder);
      assertEquals("safetensors", inspection.stored().format());
      assertEquals(4065536, inspection.parameters());
      assertEquals(16.0, inspection.bitsPerWeight());
      assertEquals(OptionalLong.of(4), inspection.facts().size(SizeFact.LAYERS));
      assertEquals(1, inspection.stored().types().size());
      assertEquals(
          new TypeShare(TensorType.BF16, 39, 4065536, 2 * 4065536),
          inspection.stored().types().getFirst());
      assertEquals(
          Files.size(TestData.shakespeareMistral().resolve("model.safetensors")),
          inspection.stored().bytes());
    }
  }

  @Test
  void addsUpTheFilesOfAShardedFolder() throws IOException {
    try (CheckpointFolder folder = CheckpointFolder.open(TestData.path("zoo/llama2/hf"))) {
      Inspection inspection = Inspection.of(folder);
      assertEquals(3, inspection.stored().files().size());
      long bytes = 0;
      for (int i = 1; i <= 3; i++) {
        bytes +=
            Files.size(TestData.path("zoo/llama2/hf/model-0000" + i + "-of-00003.safetensors"));
      }
      assertEquals(bytes, inspection.stored().bytes());
    }
  }

  @Test
  void aFileWithoutTensorsHasNoBitsPerWeight() throws IOException {
    Path file = temporary.resolve("empty.safetensors");
    Files.write(file, new byte[] {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'});
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      Inspection inspection = Inspection.of(checkpoint);
      assertEquals(0, inspection.parameters());
      assertEquals(0.0, inspection.bitsPerWeight());
    }
  }

  @Test
  void hashesWholeFiles() throws IOException {
    AtomicLong heard = new AtomicLong();
    ProgressListener progress =
        new ProgressListener() {
          @Override
          public void started(String task, long units, String unit) {
            heard.set(-units);
          }

          @Override
          public void advanced(long units) {
            heard.addAndGet(units);
          }

          @Override
          public void finished() {}
        };
    Path file = temporary.resolve("abc.safetensors");
    Files.write(file, new byte[] {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'});
    try (Checkpoint checkpoint = Checkpoints.open(file)) {
      Inspection inspection = Inspection.of(checkpoint).hashed(progress);
      assertEquals(
          Optional.of("411a485216e432ece6b9af94fa32154cf79a2a56d4f81266baa50063f45092bd"),
          inspection.stored().files().getFirst().sha256());
      assertEquals(0, heard.get());
    }
  }

  /// The archive is the one file that there is.
  @Test
  void folderInAnArchiveIsInspected(@TempDir Path temporary) throws IOException {
    Path archive = temporary.resolve("model.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive))) {
      for (String name : List.of("config.json", "model.safetensors")) {
        byte[] content = Files.readAllBytes(TestData.path("zoo/mistral_swa/hf").resolve(name));
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
      }
    }
    try (CheckpointFolder folder = CheckpointFolder.open(archive)) {
      Inspection inspection = Inspection.of(folder);
      assertEquals(
          List.of(archive),
          inspection.stored().files().stream().map(StoredFiles.StoredFile::path).toList());
      assertEquals(Files.size(archive), inspection.stored().bytes());
    }
  }
}

package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Models where downloads leave them: in the cache of the Hugging Face hub, or as links to another
/// place.
class HubCacheTest {
  private static final String REVISION = "0123456789abcdef0123456789abcdef01234567";

  @TempDir private Path folder;

  private Path repository;
  private Path snapshot;

  @BeforeEach
  void download() throws IOException {
    repository = folder.resolve("models--some-owner--Small-Qwen2-v2");
    snapshot = snapshot(REVISION);
    Files.createDirectories(repository.resolve("refs"));
    Files.writeString(repository.resolve("refs/main"), REVISION);
  }

  private Path snapshot(String revision) throws IOException {
    Path downloaded = folder.resolve("download-" + revision);
    SeededCheckpoint.write("qwen2", downloaded);
    Path snapshot = Files.createDirectories(repository.resolve("snapshots/" + revision));
    Path blobs = Files.createDirectories(repository.resolve("blobs"));
    try (Stream<Path> files = Files.list(downloaded)) {
      for (Path file : files.toList()) {
        String blob = revision + file.getFileName();
        Files.move(file, blobs.resolve(blob));
        Files.createSymbolicLink(
            snapshot.resolve(file.getFileName()), Path.of("../../blobs", blob));
      }
    }
    return snapshot;
  }

  private JsonNode metadata(Path model, String... options) {
    Path out = folder.resolve("out.gguf");
    List<String> line =
        Stream.concat(
                Stream.of("convert", model.toString(), "-o", out.toString(), "--force"),
                Stream.of(options))
            .toList();
    CliRun run = CliRun.of(line.toArray(String[]::new));
    assertEquals(0, run.exitCode(), run.err());
    CliRun inspected = CliRun.of("inspect", out.toString(), "--json");
    return JsonMapper.shared().readTree(inspected.out()).path("metadata");
  }

  @Test
  void aRepositoryIsItsSnapshot() {
    for (Path given : List.of(repository, snapshot)) {
      CliRun run = CliRun.of("inspect", given.toString());
      assertEquals(0, run.exitCode(), run.err());
      assertTrue(run.out().contains("Qwen2ForCausalLM"), run.out());
    }
  }

  /// Nobody knows a model by its revision.
  @Test
  void namesAreThoseOfTheRepository() {
    for (Path given : List.of(repository, snapshot)) {
      JsonNode metadata = metadata(given);
      assertEquals("Small Qwen2 v2", metadata.path("general.name").stringValue());
      assertEquals("Some Owner", metadata.path("general.organization").stringValue());
      assertEquals("v2", metadata.path("general.version").stringValue());
      CliRun dry = CliRun.of("convert", given.toString(), "-t", "Q8_0", "--dry-run", "--json");
      assertEquals(0, dry.exitCode(), dry.err());
      assertTrue(dry.out().contains("\"Small-Qwen2-v2-Q8_0.gguf\""), dry.out());
    }
    // The reference goes by the folder's name, whatever that is.
    assertFalse(
        metadata(snapshot, "--as-reference").path("general.name").stringValue().contains("Small"));
  }

  @Test
  void withoutABranchTheOnlySnapshotCounts() throws IOException {
    Files.delete(repository.resolve("refs/main"));
    assertEquals(0, CliRun.of("inspect", repository.toString()).exitCode());
    Path second = snapshot("ffff" + REVISION.substring(4));
    CliRun several = CliRun.of("inspect", repository.toString());
    assertEquals(3, several.exitCode());
    assertTrue(several.err().contains("with 2 snapshots, and refs/main names none"), several.err());
    assertTrue(several.err().contains("for example " + snapshot), several.err());
    Files.writeString(repository.resolve("refs/main"), second.getFileName() + "\n");
    CliRun main = CliRun.of("inspect", repository.toString(), "--json");
    assertEquals(
        second.toString(), JsonMapper.shared().readTree(main.out()).path("path").stringValue());
  }

  @Test
  void whatIsWrittenInRefsLeadsNowhereElse() throws IOException {
    Files.writeString(repository.resolve("refs/main"), "../../../" + folder.getFileName());
    CliRun run = CliRun.of("inspect", repository.toString(), "--json");
    assertEquals(
        snapshot.toString(), JsonMapper.shared().readTree(run.out()).path("path").stringValue());
  }

  @Test
  void anUnfinishedDownloadIsNamed() throws IOException {
    Path empty = folder.resolve("models--some--other");
    Files.createDirectories(empty.resolve("snapshots"));
    CliRun run = CliRun.of("perplexity", empty.toString(), "-f", "x");
    assertEquals(3, run.exitCode());
    assertTrue(run.err().contains("without a snapshot: its download is not finished"), run.err());
  }

  /// A folder of links to another place, as tools make them that keep one copy.
  @Test
  void linksOutAreFollowedWhenWanted() throws IOException {
    Path links = Files.createDirectory(folder.resolve("links"));
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    try (Stream<Path> files = Files.list(TestData.shakespeareMistral())) {
      for (Path file : files.toList()) {
        Path copy = Files.copy(file, elsewhere.resolve(file.getFileName()));
        Files.createSymbolicLink(links.resolve(file.getFileName()), copy);
      }
    }
    String text = TestData.path("models/shakespeare-mistral.reference/text.txt").toString();
    String out = folder.resolve("out").toString();
    for (String line :
        List.of(
            "inspect LINKS",
            "convert LINKS -o OUT.gguf",
            "quantize LINKS -t Q8_0 -o OUT-Q8.gguf",
            "tokenize LINKS word",
            "perplexity LINKS -f TEXT --ctx 64 --chunks 2",
            "compare LINKS LINKS -f TEXT --ctx 64 --chunks 2",
            "logits LINKS -f TEXT --ctx 64 --chunks 1 -o OUT.safetensors",
            "imatrix LINKS -f TEXT --ctx 64 --chunks 2 -o OUT.imatrix.gguf")) {
      String[] words =
          line.replace("LINKS", links.toString())
              .replace("TEXT", text)
              .replace("OUT", out)
              .split(" ");
      CliRun refused = CliRun.of(words);
      assertEquals(3, refused.exitCode(), line);
      assertTrue(refused.err().contains("leads out of the folder, to "), refused.err());
      assertTrue(refused.err().contains("give --follow-links"), refused.err());
      CliRun run =
          CliRun.of(
              Stream.concat(Stream.of(words), Stream.of("--follow-links")).toArray(String[]::new));
      assertEquals(0, run.exitCode(), line + ": " + run.err());
    }
    CliRun idle = CliRun.of("inspect", out + ".gguf", "--follow-links");
    assertEquals(2, idle.exitCode());
    assertTrue(idle.err().contains("--follow-links applies to checkpoint folders"), idle.err());
    CliRun quantize =
        CliRun.of("quantize", out + ".gguf", "-t", "Q8_0", "--follow-links", "-o", out + "2");
    assertEquals(2, quantize.exitCode());
    assertTrue(
        quantize.err().contains("--follow-links applies to checkpoint folders"), quantize.err());
  }
}

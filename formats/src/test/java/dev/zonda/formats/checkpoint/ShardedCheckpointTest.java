package dev.zonda.formats.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.safetensors.BrokenSafetensors;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShardedCheckpointTest {
  @TempDir Path temporary;
  private Path folder;
  private Path index;

  @BeforeEach
  void writeTwoShards() throws IOException {
    folder = Files.createDirectory(temporary.resolve("model"));
    index = folder.resolve("model.safetensors.index.json");
    shard(folder.resolve("1.safetensors"), "a");
    shard(folder.resolve("2.safetensors"), "b");
    index("\"a\":\"1.safetensors\",\"b\":\"2.safetensors\"");
  }

  @Test
  void tensorsOfAllShardsAreFound() throws IOException {
    try (ShardedCheckpoint sharded = ShardedCheckpoint.open(index)) {
      assertEquals(List.of("a", "b"), sharded.tensors().stream().map(TensorInfo::name).toList());
      for (TensorInfo tensor : sharded.tensors()) {
        assertEquals(tensor, sharded.find(tensor.name()).orElseThrow());
        assertEquals(4, sharded.data(tensor).byteSize());
      }
    }
  }

  @Test
  void publishedLayoutIsRead() throws IOException {
    Path published = TestData.path("zoo/llama2/hf/model.safetensors.index.json");
    try (ShardedCheckpoint sharded = ShardedCheckpoint.open(published)) {
      assertEquals("safetensors in 3 files", sharded.format());
      assertTrue(sharded.find("model.embed_tokens.weight").isPresent());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"a\":\"1.safetensors\",\"b\":\"3.safetensors\" | names the file '3.safetensors', which is missing",
        "\"a\":\"1.safetensors\" ,\"b\":\"\" | '' is not a path within the folder",
        "\"a\":\"../outside.safetensors\" | '../outside.safetensors' is not a path within the folder",
        "\"a\":\"x/../1.safetensors\" | 'x/../1.safetensors' is not a path within the folder",
        "\"a\":\"/etc/passwd\" | '/etc/passwd' is not a path within the folder",
        "\"a\":\"..\" | '..' is not a path within the folder",
        "\"a\":\".\" | '.' is not a path within the folder",
        "\"a\":\"1\\u0000.safetensors\" | is not a valid path",
        "\"b\":\"1.safetensors\" | holds tensor 'a', which model.safetensors.index.json does not list",
        "\"a\":\"2.safetensors\",\"b\":\"1.safetensors\" | holds tensor 'a', which model.safetensors.index.json places in '2.safetensors'",
        "\"a\":\"1.safetensors\",\"c\":\"1.safetensors\" | places tensor 'c' in '1.safetensors', which does not hold it",
        "\"a\":\"1.safetensors\",\"a\":\"2.safetensors\" | broken JSON: Duplicate",
        "\"a\":1 | weight_map 'a' is a whole number, expected a string",
        "\"a\":\"model.safetensors.index.json\" | length of the header is",
        "` ` | has no weight_map or an empty one"
      })
  void indexThatDoesNotFitIsRefused(String weightMap, String expected) throws IOException {
    index(weightMap);
    assertRefused(expected);
  }

  @Test
  void indexWithoutMapIsRefused() throws IOException {
    Files.writeString(index, "{\"metadata\":{\"total_size\":8}}");
    assertRefused("has no weight_map");
    Files.writeString(index, "{\"weight_map\":[]}");
    assertRefused("weight_map is an array, expected an object");
    Files.writeString(index, "");
    assertRefused("the JSON does not begin with an object");
    Files.writeString(index, "{\"a\":" + "[".repeat(100_000));
    assertRefused("nesting depth");
  }

  @Test
  void linkOutOfTheFolderIsRefused() throws IOException {
    Path outside = temporary.resolve("outside.safetensors");
    Files.move(folder.resolve("2.safetensors"), outside);
    Files.createSymbolicLink(folder.resolve("2.safetensors"), outside);
    assertRefused("is a symbolic link that leads out of the folder");
  }

  @Test
  void folderThatIsALinkOutIsRefused() throws IOException {
    Path outside = Files.createDirectory(temporary.resolve("outside"));
    shard(outside.resolve("b.safetensors"), "b");
    Files.createSymbolicLink(folder.resolve("sub"), outside);
    index("\"a\":\"1.safetensors\",\"b\":\"sub/b.safetensors\"");
    assertRefused("is a symbolic link that leads out of the folder");
  }

  @Test
  void loopOfLinksIsRefused() throws IOException {
    Files.delete(folder.resolve("2.safetensors"));
    Files.createSymbolicLink(folder.resolve("2.safetensors"), Path.of("2.safetensors"));
    assertRefused("is a symbolic link to nothing or to itself");
  }

  @Test
  void shardThatIsAFolderIsRefused() throws IOException {
    Files.delete(folder.resolve("2.safetensors"));
    Files.createDirectory(folder.resolve("2.safetensors"));
    assertRefused("is a folder, expected a file");
  }

  @Test
  void linkWithinTheFolderIsFollowed() throws IOException {
    Files.move(folder.resolve("2.safetensors"), folder.resolve("blob"));
    Files.createSymbolicLink(folder.resolve("2.safetensors"), Path.of("blob"));
    ShardedCheckpoint.open(index).close();
  }

  /// `models--owner--name/snapshots/REVISION` holds links into `models--owner--name/blobs`.
  @Test
  void cacheOfTheHubIsRead() throws IOException {
    Path blobs = Files.createDirectory(temporary.resolve("blobs"));
    Path snapshot = Files.createDirectories(temporary.resolve("snapshots/0123abc"));
    for (String name : List.of("1.safetensors", "2.safetensors", "model.safetensors.index.json")) {
      Files.move(folder.resolve(name), blobs.resolve("blob-" + name));
      Files.createSymbolicLink(snapshot.resolve(name), Path.of("../../blobs/blob-" + name));
    }
    ShardedCheckpoint.open(snapshot.resolve("model.safetensors.index.json")).close();
  }

  private void assertRefused(String expected) {
    FormatException e = assertThrows(FormatException.class, () -> ShardedCheckpoint.open(index));
    assertTrue(e.getMessage().contains(expected), e.getMessage());
  }

  private void index(String weightMap) throws IOException {
    Files.writeString(
        index, "{\"metadata\":{\"total_size\":8},\"weight_map\":{" + weightMap + "}}");
  }

  private static void shard(Path path, String tensor) throws IOException {
    Files.write(
        path,
        BrokenSafetensors.file(
            BrokenSafetensors.list(BrokenSafetensors.tensor(tensor, "F32", "1", "0,4")), 4));
  }
}

package dev.zonda.formats;

import dev.zonda.formats.io.ContainedFolder;
import dev.zonda.formats.safetensors.SafetensorsFile;
import dev.zonda.formats.safetensors.ShardedSafetensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A folder as it is downloaded from Hugging Face: weights in safetensors, and small files
/// (`config.json`, `tokenizer.model`, …) beside them.
public final class CheckpointFolder implements AutoCloseable {
  /// The longest small file that is read; the largest `tokenizer.json` have 35 MB.
  static final int MOST_BYTES = 100_000_000;

  private static final int MOST_DEPTH = 200;

  /// What Python writes is read: it has names for infinities, and the last of equal keys counts.
  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MOST_DEPTH).build())
                  .build())
          .build();

  private final ContainedFolder folder;
  private final Checkpoint weights;

  private CheckpointFolder(ContainedFolder folder, Checkpoint weights) {
    this.folder = folder;
    this.weights = weights;
  }

  /// Opens a folder and its weights: `model.safetensors`, or the files that an index names, or the
  /// only other safetensors file.
  ///
  /// @throws FormatException if there are no weights, or broken ones
  public static CheckpointFolder open(Path path) throws IOException {
    ContainedFolder folder = ContainedFolder.open(path);
    return new CheckpointFolder(folder, openWeights(folder));
  }

  public Path path() {
    return folder.path();
  }

  /// The weights; they close with the folder.
  public Checkpoint weights() {
    return weights;
  }

  public boolean has(String file) {
    return Files.isRegularFile(path().resolve(file));
  }

  /// The content of a small file, if there is one of that name.
  ///
  /// @throws FormatException if it is too large, or leads out of the folder
  public Optional<byte[]> bytes(String file) throws IOException {
    Optional<Path> found = folder.find(file);
    return found.isEmpty() ? Optional.empty() : Optional.of(read(found.get()));
  }

  /// The text of a small file, if there is one of that name.
  ///
  /// @throws FormatException if it is too large, leads out of the folder, or is not UTF-8
  public Optional<String> text(String file) throws IOException {
    Optional<byte[]> bytes = bytes(file);
    try {
      return bytes.isEmpty()
          ? Optional.empty()
          : Optional.of(
              StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.get())).toString());
    } catch (CharacterCodingException e) {
      throw FormatException.in(path().resolve(file), "is not valid UTF-8", e);
    }
  }

  /// The JSON document of a small file, if there is one of that name.
  ///
  /// @throws FormatException if it is too large or too deep, leads out of the folder, or is no JSON
  public Optional<JsonNode> json(String file) throws IOException {
    Optional<byte[]> bytes = bytes(file);
    try {
      return bytes.map(JSON::readTree);
    } catch (JacksonException e) {
      Path path = path().resolve(file);
      String problem = "broken JSON: " + e.getOriginalMessage();
      long offset = e.getLocation() == null ? -1 : e.getLocation().getByteOffset();
      throw offset < 0
          ? FormatException.in(path, problem, e)
          : FormatException.at(path, offset, problem);
    }
  }

  @Override
  public void close() {
    weights.close();
  }

  private static byte[] read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw FormatException.in(
            file, "has more than the " + MOST_BYTES + " bytes that such a file may have");
      }
      return bytes;
    }
  }

  private static Checkpoint openWeights(ContainedFolder folder) throws IOException {
    for (String name : candidates(folder.path())) {
      Optional<Path> file = folder.find(name);
      if (file.isPresent()) {
        return name.endsWith(".json")
            ? ShardedSafetensors.open(file.get())
            : SafetensorsFile.open(file.get());
      }
    }
    throw FormatException.in(
        folder.path(),
        "holds no weights, expected model.safetensors or model.safetensors.index.json");
  }

  /// Names to try, the best first: what Hugging Face's own loader takes, then any other index, then
  /// any other file, if it is the only one.
  private static List<String> candidates(Path folder) throws IOException {
    Stream<String> usual = Stream.of("model.safetensors", "model.safetensors.index.json");
    return Stream.of(
            usual,
            only(folder, ".safetensors.index.json").stream(),
            only(folder, ".safetensors").stream())
        .flatMap(names -> names)
        .toList();
  }

  private static Optional<String> only(Path folder, String suffix) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<String> names =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(suffix))
              .limit(2)
              .toList();
      return names.size() == 1 ? Optional.of(names.getFirst()) : Optional.empty();
    }
  }
}

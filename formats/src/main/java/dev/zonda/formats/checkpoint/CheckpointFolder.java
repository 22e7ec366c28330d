package dev.zonda.formats.checkpoint;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.archive.ArchiveFolder;
import dev.zonda.formats.io.ContainedFolder;
import dev.zonda.formats.io.Folder;
import dev.zonda.formats.io.InputFile;
import dev.zonda.formats.io.Links;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A folder as it is downloaded: weights in safetensors or PyTorch files, and small files
/// (`config.json` or `params.json`, `tokenizer.model`, …) next to them.
public final class CheckpointFolder implements AutoCloseable {
  /// The longest small file that is read; a `tokenizer.json` of 256,000 tokens takes some 35 MB.
  static final int MOST_BYTES = 64_000_000;

  /// The longest JSON document that is read into a tree.
  static final int MOST_JSON_BYTES = 16_000_000;

  /// The longest text: a model card or a template. Each is held several times while it is read.
  static final int MOST_TEXT_BYTES = 4_000_000;

  private static final int MOST_DEPTH = 200;

  private static final String CONFIG = "config.json";
  private static final String PARAMS = "params.json";

  /// Tokens of a JSON document, each of which can take some 70 bytes of memory as part of a tree,
  /// whatever the text is: `config.json` and its like have a few thousand, lists of added tokens
  /// some hundred thousand.
  static final long MOST_TOKENS = 500_000;

  /// JSON tokens of a vocabulary that is a list of objects, as in `tekken.json`: 150,000 objects
  /// with a few fields each.
  private static final long MOST_VOCABULARY_TOKENS = 1_500_000;

  private static final JsonMapper JSON = mapper(MOST_TOKENS);
  private static final JsonMapper VOCABULARY = mapper(MOST_VOCABULARY_TOKENS);

  /// Reads what Python writes: infinities have names, and of equal keys the last one counts.
  private static JsonMapper mapper(long mostTokens) {
    return JsonMapper.builder(
            JsonFactory.builder()
                .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                .streamReadConstraints(
                    StreamReadConstraints.builder()
                        .maxNestingDepth(MOST_DEPTH)
                        .maxTokenCount(mostTokens)
                        .maxStringLength(MOST_TEXT_BYTES)
                        .build())
                .build())
        .build();
  }

  /// Field of config.json that names the weights.
  private static final String NAMED = "transformers_weights";

  private final Folder folder;
  private final FolderWeights found;

  /// Names of the files and folders directly in this folder that were opened.
  private final Set<String> opened = new HashSet<>();

  private CheckpointFolder(Folder folder, FolderWeights found) {
    this.folder = folder;
    this.found = found;
    opened.addAll(found.files());
    for (Path file : found.weights().files()) {
      opened.add(folder.path().relativize(file).getName(0).toString());
    }
  }

  /// Looks at a folder's config.json.
  @FunctionalInterface
  public interface ConfigCheck {
    /// @throws FormatException if the folder should not be opened
    void require(Path file, JsonNode config) throws FormatException;
  }

  /// Opens a folder, or the one in a tar or zip archive, and its weights: one file of them, the
  /// files that an index names, or several whose names say that they belong together.
  ///
  /// @throws FormatException if there are no weights, or broken ones
  public static CheckpointFolder open(Path path) throws IOException {
    return open(path, Links.WITHIN);
  }

  /// Opens a folder as [#open(Path)] does.
  ///
  /// @param links where symbolic links may lead
  public static CheckpointFolder open(Path path, Links links) throws IOException {
    return open(path, links, WeightChoice.TRANSFORMERS, (file, config) -> {});
  }

  /// Opens a folder as [#open(Path)] does.
  ///
  /// @param links where symbolic links may lead
  /// @param choice whose choice counts if the folder has several sets of weights
  /// @param check of config.json before weights are looked for; not called if there is no such
  ///   file, or one in another layout may count
  public static CheckpointFolder open(
      Path path, Links links, WeightChoice choice, ConfigCheck check) throws IOException {
    if (!Files.isRegularFile(path)) {
      return of(ContainedFolder.open(path, links), choice, check);
    }
    return of(
        ArchiveFolder.open(path)
            .orElseThrow(() ->
                FormatException.in(
                    path, "is neither a folder nor an archive of one with config.json")),
        choice,
        check);
  }

  /// Whether there is a folder, or an archive that holds one.
  ///
  /// @throws FormatException if the archive is broken
  public static boolean isAt(Path path) throws IOException {
    return Files.isRegularFile(path) ? ArchiveFolder.isArchive(path) : Files.isDirectory(path);
  }

  private static CheckpointFolder of(Folder folder, WeightChoice choice, ConfigCheck check)
      throws IOException {
    try {
      Optional<JsonNode> config = json(folder, CONFIG);
      Path file = folder.path().resolve(CONFIG);
      if (config.isPresent() && !folder.list("").contains(PARAMS)) {
        check.require(file, config.get());
      }
      Optional<String> named = config.isPresent() ? weights(file, config.get()) : Optional.empty();
      return new CheckpointFolder(folder, FolderWeights.open(folder, choice, named));
    } catch (IOException | RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  private static Optional<String> weights(Path file, JsonNode config) throws FormatException {
    JsonNode named = config.path(NAMED);
    if (named.isMissingNode() || named.isNull()) {
      return Optional.empty();
    }
    String name = named.asString("");
    if (!name.endsWith(".safetensors") && !name.endsWith(".safetensors.index.json")) {
      throw FormatException.in(
          file,
          "%s is %s, expected the name of a safetensors file or of its index"
              .formatted(NAMED, named));
    }
    return Optional.of(name);
  }

  public Path path() {
    return folder.path();
  }

  /// The name of the model in it, as far as the folder tells.
  public String name() {
    return folder.name();
  }

  /// The id of the hub's repository that it is a copy of, if its place says so.
  public Optional<String> repository() {
    return folder.repository();
  }

  /// The archive that the folder is in, if it is in one.
  public Optional<Path> archive() {
    return folder.archive();
  }

  /// The names of the files that lie directly in a folder within it, sorted.
  public List<String> list(String subfolder) throws IOException {
    return folder.list(subfolder);
  }

  /// The weights; they close with the folder.
  public Checkpoint weights() {
    return found.weights();
  }

  /// A note for the user on which weights are taken, if transformers and llama.cpp take different
  /// ones.
  public Optional<String> contradiction() {
    return found.contradiction();
  }

  /// Names of the files, and of the folders with a slash at the end, that nothing has read since
  /// the folder was opened; sorted.
  public List<String> unopened() throws IOException {
    Stream<String> folders = folder.folders().stream().map(name -> name + "/");
    return Stream.concat(folder.list("").stream(), folders)
        .filter(name -> !opened.contains(name.replaceFirst("/$", "")))
        .sorted()
        .toList();
  }

  /// Whose names the tensors have, and which file describes them.
  public WeightNames names() {
    return found.names();
  }

  public boolean has(String file) throws IOException {
    return folder.list("").contains(file);
  }

  /// The content of a small file, if there is one of that name.
  ///
  /// @throws FormatException if it is too large, or leads out of the folder
  public Optional<byte[]> bytes(String file) throws IOException {
    return read(file, MOST_BYTES);
  }

  /// The content of a small file that lies in the folder or in the one around it: one vocabulary
  /// may serve several models next to each other.
  ///
  /// @throws FormatException if it is too large, or leads out of its folder
  public Optional<byte[]> bytesHereOrAbove(String file) throws IOException {
    Optional<byte[]> here = bytes(file);
    Optional<Folder> parent = here.isPresent() ? Optional.empty() : folder.parent();
    return parent.isPresent() ? read(parent.get(), file, MOST_BYTES) : here;
  }

  /// The text of a small file, if there is one of that name.
  ///
  /// @throws FormatException if it is too large, leads out of the folder, or is not UTF-8
  public Optional<String> text(String file) throws IOException {
    Optional<byte[]> bytes = read(file, MOST_TEXT_BYTES);
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.get())).toString());
    } catch (CharacterCodingException e) {
      throw FormatException.in(path().resolve(file), "is not valid UTF-8", e);
    }
  }

  /// The JSON document of a small file, if there is one of that name.
  ///
  /// @throws FormatException if it is too large or too deep, leads out of the folder, or is not
  ///   JSON
  public Optional<JsonNode> json(String file) throws IOException {
    markOpened(file);
    return json(folder, file);
  }

  private static Optional<JsonNode> json(Folder folder, String file) throws IOException {
    return tree(folder, file, read(folder, file, MOST_JSON_BYTES), JSON);
  }

  /// The JSON document of a vocabulary, which may be larger than others.
  ///
  /// @throws FormatException if it is too large or too deep, leads out of the folder, or is not
  ///   JSON
  public Optional<JsonNode> vocabulary(String file) throws IOException {
    return tree(folder, file, bytes(file), VOCABULARY);
  }

  private static Optional<JsonNode> tree(
      Folder folder, String file, Optional<byte[]> bytes, JsonMapper mapper)
      throws FormatException {
    try {
      if (bytes.isPresent() && bytes.get().length == 0) {
        throw FormatException.in(folder.path().resolve(file), "is empty, expected JSON");
      }
      return bytes.map(mapper::readTree);
    } catch (StreamConstraintsException e) {
      throw FormatException.in(
          folder.path().resolve(file),
          "exceeds a limit for such a file: " + e.getOriginalMessage(),
          e);
    } catch (JacksonException e) {
      Path path = folder.path().resolve(file);
      String problem = "broken JSON: " + e.getOriginalMessage();
      long offset = e.getLocation() == null ? -1 : e.getLocation().getByteOffset();
      throw offset < 0
          ? FormatException.in(path, problem, e)
          : FormatException.at(path, offset, problem);
    }
  }

  @Override
  public void close() {
    found.weights().close();
    folder.close();
  }

  private Optional<byte[]> read(String name, int mostBytes) throws IOException {
    markOpened(name);
    return read(folder, name, mostBytes);
  }

  /// Not for use by several threads.
  private void markOpened(String name) {
    opened.add(name.contains("/") ? name.substring(0, name.indexOf('/')) : name);
  }

  private static Optional<byte[]> read(Folder folder, String name, int mostBytes)
      throws IOException {
    Optional<InputFile> opened = folder.open(name);
    if (opened.isEmpty()) {
      return Optional.empty();
    }
    try (InputFile file = opened.get()) {
      if (file.size() > mostBytes) {
        throw FormatException.in(
            file.path(),
            "has " + file.size() + " bytes, expected at most " + mostBytes + " for such a file");
      }
      return Optional.of(file.copy(0, file.size()));
    }
  }
}

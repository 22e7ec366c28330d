package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A checkpoint folder with nothing but a tokenizer of `testdata/tokenizers`, and what is known of
/// it.
///
/// @param path a copy that a test may change
/// @param size tokens that the model has
record TokenizerFolder(Path path, JsonNode expected, int size) {
  static final List<String> NAMES =
      List.of(
          "bloom",
          "deepseek_v2_lite",
          "deepseek_v3",
          "falcon40b",
          "gemma2",
          "gpt2",
          "gpt_neox",
          "gpt_oss",
          "llama3",
          "llama4",
          "mistral_native_spm",
          "mistral_native_tekken",
          "mistral_nemo",
          "mpt",
          "phi3",
          "qwen2");

  static TokenizerFolder copy(String name, Path temp) throws IOException {
    Path path = copyFiles("tokenizers/" + name, temp.resolve(name));
    JsonNode expected =
        JsonMapper.shared().readTree(Files.readString(path.resolve("expected.json")));
    return new TokenizerFolder(path, expected, expected.path("size").intValue());
  }

  /// A Llama's or a Mistral's of `testdata/zoo`.
  static TokenizerFolder ofZoo(String name, Path temp) throws IOException {
    return ofLlama("zoo/" + name + "/hf", temp.resolve(name));
  }

  /// A whole folder of a Llama's or a Mistral's.
  static TokenizerFolder ofLlama(String source, Path copy) throws IOException {
    Path path = copyFiles(source, copy);
    JsonNode config = JsonMapper.shared().readTree(Files.readString(path.resolve("config.json")));
    JsonNode expected =
        JsonMapper.shared().readTree("{\"form\": \"LLAMA\", \"architecture\": \"llama\"}");
    return new TokenizerFolder(path, expected, config.path("vocab_size").intValue());
  }

  /// Copies a folder without its weights.
  private static Path copyFiles(String source, Path path) throws IOException {
    Files.createDirectories(path);
    try (var files = Files.list(TestData.path(source))) {
      for (Path file : files.toList()) {
        if (!file.getFileName().toString().contains("safetensors")) {
          Files.copy(file, path.resolve(file.getFileName()));
        }
      }
    }
    // Weights that are none.
    Files.write(path.resolve("model.safetensors"), new byte[] {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'});
    return path;
  }

  /// The folder of a model with another number of tokens.
  TokenizerFolder withSize(int other) {
    return new TokenizerFolder(path, expected, other);
  }

  /// The same vocabulary in a model of another family.
  TokenizerFolder of(String architecture) {
    ObjectNode other = ((ObjectNode) expected).deepCopy().put("architecture", architecture);
    return new TokenizerFolder(path, other, size);
  }

  void write(String file, String text) throws IOException {
    Files.createDirectories(path.resolve(file).getParent());
    Files.writeString(path.resolve(file), text);
  }

  void delete(String file) throws IOException {
    Files.delete(path.resolve(file));
  }

  /// Changes the JSON object of a file.
  void edit(String file, Consumer<ObjectNode> change) throws IOException {
    ObjectNode tree = (ObjectNode) read(file);
    change.accept(tree);
    write(file, JsonMapper.shared().writeValueAsString(tree));
  }

  JsonNode read(String file) throws IOException {
    return JsonMapper.shared().readTree(Files.readString(path.resolve(file)));
  }

  /// Replaces a text in a file, which must be there.
  void replace(String file, String found, String replacement) throws IOException {
    String text = Files.readString(path.resolve(file));
    if (!text.contains(found)) {
      throw new IllegalArgumentException(file + " holds no " + found);
    }
    Files.writeString(path.resolve(file), text.replace(found, replacement));
  }

  Metadata convert(Fidelity fidelity, Notes notes) throws IOException {
    return convert(fidelity, notes, Optional.empty());
  }

  Metadata convert(Fidelity fidelity, Notes notes, Optional<String> preTokenizer)
      throws IOException {
    Metadata.Builder metadata = Metadata.builder();
    metadata.putText("general.architecture", expected.path("architecture").stringValue());
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      JsonFields config = JsonFields.of(path.resolve("config.json"), read("config.json"));
      new VocabularySource(folder, config, size, preTokenizer, fidelity, notes)
          .write(form(), metadata);
    }
    return metadata.build();
  }

  /// The folder's own tokenizer.
  Tokenizer tokenizer() throws IOException {
    Metadata metadata = convert(Fidelity.CORRECTED, new Notes());
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      JsonFields config = JsonFields.of(path.resolve("config.json"), read("config.json"));
      return new VocabularySource(
              folder, config, size, Optional.empty(), Fidelity.CORRECTED, new Notes())
          .tokenizer(form(), metadata);
    }
  }

  private VocabularyForm form() {
    return VocabularyForm.valueOf(expected.path("form").stringValue());
  }

  /// The types of the tokens that were written.
  static List<TokenType> types(Metadata metadata) {
    return metadata.array(TokenizerKeys.TOKEN_TYPE).orElseThrow().stream()
        .map(type -> TokenType.ofId(((MetadataValue.Int32) type).value()))
        .toList();
  }

  List<String> strings() {
    return expected.path("strings").valueStream().map(JsonNode::stringValue).toList();
  }

  int[] ids(int string) {
    return ints(expected.path("ids").get(string));
  }

  static int[] ints(JsonNode array) {
    return array.valueStream().mapToInt(JsonNode::intValue).toArray();
  }
}

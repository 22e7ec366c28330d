package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.CheckpointFolder;
import dev.zonda.formats.Metadata;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A checkpoint folder with nothing but a tokenizer of `testdata/tokenizers`, and what is known of
/// it.
///
/// @param path a copy that a test may change
record TokenizerFolder(Path path, JsonNode expected) {
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
    Path source = TestData.path("tokenizers/" + name);
    Path path = temp.resolve(name);
    Files.createDirectories(path);
    try (var files = Files.list(source)) {
      for (Path file : files.toList()) {
        Files.copy(file, path.resolve(file.getFileName()));
      }
    }
    // Weights that are none.
    Files.write(path.resolve("model.safetensors"), new byte[] {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'});
    JsonNode expected =
        JsonMapper.shared().readTree(Files.readString(path.resolve("expected.json")));
    return new TokenizerFolder(path, expected);
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
    VocabularyForm form = VocabularyForm.valueOf(expected.path("form").stringValue());
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      JsonFields config = JsonFields.of(path.resolve("config.json"), read("config.json"));
      int size = expected.path("size").intValue();
      new VocabularySource(folder, config, size, preTokenizer, fidelity, notes)
          .write(form, metadata);
    }
    return metadata.build();
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

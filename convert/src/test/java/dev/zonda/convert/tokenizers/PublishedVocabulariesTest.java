package dev.zonda.convert.tokenizers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.Tokenizer.ControlNames;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.words.Composition;
import dev.zonda.convert.tokenizers.words.PreTokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// No tiny vocabulary is a published one: tests put theirs into a table, by the hashes that the
/// reference's converter computes for them.
class PublishedVocabulariesTest {
  @TempDir private Path temp;

  private static JsonNode hashes() {
    return JsonMapper.shared().readTree(TestData.path("tokenizers/hashes.json").toFile());
  }

  static List<String> folders() {
    return List.copyOf(hashes().propertyNames());
  }

  @ParameterizedTest
  @MethodSource("folders")
  void theHashIsTheReferences(String name) throws IOException {
    int[] ids =
        folder(name).tokenizer().encodeDocument(PublishedVocabularies.TEXT, ControlNames.TOKENS);
    assertEquals(hashes().path(name).stringValue(), PublishedVocabularies.hash(ids));
  }

  /// Names that mean the same as the one that the definition has.
  @ParameterizedTest
  @CsvSource({
    // KORMo, and Granite Code, whose architecture is Llama's.
    "families/kormo, qwen2, qwen2, kormo",
    "families/refact, llama, smollm, refact",
    "families/refact, refact, refact, smollm",
    "families/starcoder2, starcoder2, starcoder, refact",
    "tokenizers/bloom, bloom, bloom, poro-chat",
    "tokenizers/deepseek_v3, deepseek2, deepseek-v3, joyai-llm",
    "tokenizers/gpt2, gpt2, gpt-2, phi-2",
    "tokenizers/gpt_neox, gptneox, olmo, mpt",
    "tokenizers/gpt_oss, gpt-oss, gpt-4o, kanana2",
    "tokenizers/llama3, llama, llama-bpe, falcon3",
    "tokenizers/llama4, llama4, llama4, gpt-4o",
    "tokenizers/mpt, mpt, mpt, olmo",
    "tokenizers/qwen2, qwen2, qwen2, f2llmv2"
  })
  void aKnownVocabularyHasItsName(
      String name, String architecture, String byDefinition, String published) throws IOException {
    Map<String, String> known = Map.of(hashes().path(name).stringValue(), published);
    Map<String, String> another = Map.of("0".repeat(64), published);
    for (Fidelity fidelity : Fidelity.values()) {
      Notes notes = new Notes();
      assertEquals(published, preTokenizer(name, architecture, known, fidelity, notes));
      assertFalse(
          notes.list().toString().contains("llama.cpp's converter"), notes.list()::toString);
      assertEquals(byDefinition, preTokenizer(name, architecture, another, fidelity, notes));
    }
  }

  /// One that is not known here, and one that cuts text differently.
  @ParameterizedTest
  @CsvSource({"superbpe", "gpt-2"})
  void whatCutsTextDifferentlyIsNotBelieved(String published) throws IOException {
    String hash = hashes().path("families/kormo").stringValue();
    Map<String, String> known = Map.of(hash, published, "0".repeat(64), "kormo");
    for (Fidelity fidelity : Fidelity.values()) {
      assertEquals("qwen2", preTokenizer("families/kormo", "qwen2", known, fidelity, new Notes()));
    }
  }

  @Test
  void aNameThatMeansSomethingElseBesidesIsTheReferencesAlone() throws IOException {
    Map<String, String> known = Map.of(hashes().path("families/kormo").stringValue(), "stablelm2");
    String name = "families/kormo";
    assertEquals(
        "stablelm2", preTokenizer(name, "qwen2", known, Fidelity.AS_REFERENCE, new Notes()));
    Notes notes = new Notes();
    assertEquals("qwen2", preTokenizer(name, "qwen2", known, Fidelity.CORRECTED, notes));
    assertTrue(
        notes
            .list()
            .contains(
                "for tokenizer.json, tokenizer.ggml.pre is 'qwen2', which cuts and merges words as"
                    + " it does; llama.cpp's converter writes 'stablelm2' (--as-reference)"),
        notes.list()::toString);
  }

  /// Its definition is not believed to mean what the name does.
  @Test
  void aKnownVocabularyThatIsCutInAnUnknownWayIsNamed() throws IOException {
    TokenizerFolder folder = folder("families/kormo");
    folder.replace("tokenizer.json", "|\\\\p{N}|", "|\\\\p{N}{1,7}|");
    Map<String, String> known =
        Map.of(hashes().path("families/kormo").stringValue(), "kormo", "0".repeat(64), "refact");
    FormatException problem =
        assertThrows(
            FormatException.class,
            () -> preTokenizer(folder.path(), "qwen2", known, Fidelity.CORRECTED, new Notes()));
    assertTrue(
        problem
            .getMessage()
            .endsWith(
                "; llama.cpp's converter knows the vocabulary as 'kormo': if that does the same,"
                    + " give --pre-tokenizer kormo"),
        problem.getMessage());
  }

  /// A token that was added to a vocabulary may stand in the text.
  @Test
  void addedTokensCount() throws IOException {
    TokenizerFolder folder = folder("families/kormo");
    String space = "\"added_tokens\":[{\"id\":560,\"content\":\"  \",\"special\":false},";
    folder.replace("tokenizer.json", "\"added_tokens\":[", space);
    int[] ids = folder.tokenizer().encodeDocument(PublishedVocabularies.TEXT, ControlNames.TOKENS);
    String hash = PublishedVocabularies.hash(ids);
    assertNotEquals(hashes().path("families/kormo").stringValue(), hash);
    Map<String, String> known = Map.of(hash, "kormo", "0".repeat(64), "megrez");
    assertEquals(
        "kormo", preTokenizer(folder.path(), "qwen2", known, Fidelity.CORRECTED, new Notes()));
  }

  @Test
  void theTextIsComposed() {
    assertEquals(PublishedVocabularies.TEXT, Composition.of(PublishedVocabularies.TEXT));
  }

  /// The others are of architectures that are not read here.
  @Test
  void namesAreKnownOrNamedHere() {
    Set<String> unknown = new TreeSet<>(PublishedVocabularies.ofReference().names());
    unknown.removeIf(name -> PreTokenizer.named(name).isPresent());
    assertEquals(
        Set.of(
            "bert-bge-large",
            "chameleon",
            "gemma4",
            "granite-embed-multi-311m",
            "granite-embed-multi-97m",
            "jina-v1-en",
            "jina-v2-code",
            "jina-v2-en",
            "jina-v5-nano",
            "minicpm5",
            "roberta-bpe",
            "spark2_5",
            "superbpe",
            "ufakzeka"),
        unknown);
  }

  @Test
  void theReferencesTableIsRead() {
    PublishedVocabularies published = PublishedVocabularies.ofReference();
    assertEquals(84, published.names().size());
    assertEquals(
        Optional.of("kormo"),
        published.name("4a2e2abae11ca2b86d570fc5b44be4d5eb5e72cc8f22dd136a94b37da83ab665"));
    assertEquals(Optional.empty(), published.name("0".repeat(64)));
  }

  private TokenizerFolder folder(String name) throws IOException {
    String own = name.substring(name.indexOf('/') + 1);
    Path copies = Files.createTempDirectory(temp, "copy");
    return name.startsWith("tokenizers/")
        ? TokenizerFolder.copy(own, copies)
        : TokenizerFolder.ofLlama(name, copies.resolve(own));
  }

  /// The name that a folder gets with a table.
  private String preTokenizer(
      String name, String architecture, Map<String, String> table, Fidelity fidelity, Notes notes)
      throws IOException {
    return preTokenizer(folder(name).path(), architecture, table, fidelity, notes);
  }

  private static String preTokenizer(
      Path path, String architecture, Map<String, String> table, Fidelity fidelity, Notes notes)
      throws IOException {
    Metadata.Builder metadata = Metadata.builder().putText("general.architecture", architecture);
    try (CheckpointFolder folder = CheckpointFolder.open(path)) {
      JsonFields config = JsonFields.of(path, JsonMapper.shared().readTree("{}"));
      new BytePairSource(
              TokenizerFiles.of(folder, config),
              600,
              Optional.empty(),
              VocabularyForm.BYTES,
              new PublishedVocabularies(table),
              fidelity,
              notes)
          .write(metadata);
    }
    return metadata.build().text(TokenizerKeys.PRE).orElseThrow();
  }
}

package dev.zonda.convert.tokenizers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Folders of every form, against what the reference's converter writes and transformers encodes.
class VocabularySourceTest {
  @SuppressWarnings("unused") // by FieldSource
  private static final List<String> NAMES = TokenizerFolder.NAMES;

  @TempDir private Path temp;

  @ParameterizedTest
  @FieldSource("NAMES")
  void writesTheReferencesKeys(String name) throws Exception {
    TokenizerFolder folder = TokenizerFolder.copy(name, temp);
    requireExpected(folder, folder.convert(Fidelity.AS_REFERENCE, new Notes()));
  }

  @ParameterizedTest
  @FieldSource("NAMES")
  void encodesAsTransformersDoes(String name) throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy(name, temp);
    Tokenizer tokenizer = Tokenizer.of(folder.convert(Fidelity.CORRECTED, new Notes()));
    // SentencePiece alone knows no names of control tokens.
    Tokenizer.ControlNames names =
        name.equals("mistral_native_spm")
            ? Tokenizer.ControlNames.TEXT
            : Tokenizer.ControlNames.TOKENS;
    List<String> strings = folder.strings();
    assertEquals(40, strings.size());
    for (int i = 0; i < strings.size(); i++) {
      int[] ids = tokenizer.encode(strings.get(i), names);
      assertArrayEquals(folder.ids(i), ids, strings.get(i));
    }
    JsonNode special = folder.expected().path("special");
    if (!special.isNull()) {
      int[] ids = tokenizer.encodeDocument(special.path("text").stringValue());
      assertArrayEquals(TokenizerFolder.ints(special.path("ids")), ids);
    }
  }

  @ParameterizedTest
  @FieldSource("NAMES")
  void decodesWhatItEncoded(String name) throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy(name, temp);
    Tokenizer tokenizer = Tokenizer.of(folder.convert(Fidelity.CORRECTED, new Notes()));
    for (String text : folder.strings().subList(0, 33)) {
      boolean kept =
          java.text.Normalizer.isNormalized(text, java.text.Normalizer.Form.NFC)
              && text.indexOf('\u2581') < 0;
      if (kept) {
        assertEquals(text, tokenizer.decode(tokenizer.encodeDocument(text)), name);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "qwen2"})
  void vocabularyAndMergesBySelvesGiveTheSame(String name) throws Exception {
    TokenizerFolder folder = TokenizerFolder.copy(name, temp);
    Files.delete(folder.path().resolve("tokenizer.json"));
    Metadata metadata = folder.convert(Fidelity.CORRECTED, new Notes());
    for (String key : List.of("model", "pre", "tokens", "merges", "token_type")) {
      requireExpected(folder, metadata, "tokenizer.ggml." + key);
    }
    Tokenizer tokenizer = Tokenizer.of(metadata);
    for (int i = 0; i < folder.strings().size(); i++) {
      int[] ids = tokenizer.encode(folder.strings().get(i), Tokenizer.ControlNames.TOKENS);
      assertArrayEquals(folder.ids(i), ids, folder.strings().get(i));
    }
  }

  @ParameterizedTest
  @CsvSource({"llama3, llama-bpe", "qwen2, qwen2", "falcon40b, falcon", "mpt, mpt"})
  void addedTokensDoNotHideThePreTokenizer(String name, String pre) throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy(name, temp);
    JsonNode tokenizer = folder.read("tokenizer.json");
    int id = tokenizer.path("model").path("vocab").size();
    for (JsonNode token : tokenizer.path("added_tokens")) {
      id = Math.max(id, token.path("id").intValue() + 1);
    }
    int next = id;
    folder.edit(
        "tokenizer.json",
        json ->
            json.withArray("added_tokens")
                .addObject()
                .put("id", next)
                .put("content", "<|mine|>")
                .put("special", true));
    Metadata metadata = folder.withSize(next + 1).convert(Fidelity.CORRECTED, new Notes());
    assertEquals(Optional.of(pre), metadata.text("tokenizer.ggml.pre"));
    assertArrayEquals(
        new int[] {next}, Tokenizer.of(metadata).encode("<|mine|>", Tokenizer.ControlNames.TOKENS));
  }

  @ParameterizedTest
  @CsvSource({
    "qwen2, stablelm, stablelm2",
    "gpt2, phi2, phi-2",
    "gpt_neox, mpt, mpt",
    "gpt_neox, stablelm, olmo",
    "deepseek_v3, stablelm, deepseek-v3"
  })
  void publishedModelsOfAFamilyHaveNamesOfTheirOwn(String name, String architecture, String pre)
      throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy(name, temp).of(architecture);
    Metadata metadata = folder.convert(Fidelity.AS_REFERENCE, new Notes());
    assertEquals(Optional.of(pre), metadata.text("tokenizer.ggml.pre"));
  }

  @Test
  void mergesMayBePairs() throws Exception {
    TokenizerFolder folder = TokenizerFolder.copy("gpt2", temp);
    String json = Files.readString(folder.path().resolve("tokenizer.json"));
    int from = json.indexOf("\"merges\":[");
    int to = json.lastIndexOf(']');
    String pairs =
        json.substring(from, to).replaceAll("\"([^\" ]+) ([^\" ]+)\"", "[\"$1\",\"$2\"]");
    Files.writeString(
        folder.path().resolve("tokenizer.json"),
        json.substring(0, from) + pairs + json.substring(to));
    requireExpected(
        folder, folder.convert(Fidelity.CORRECTED, new Notes()), "tokenizer.ggml.merges");
  }

  @Test
  void anUnknownWayToCutIsShownAndCanBeOverridden() throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy("llama3", temp);
    folder.replace("tokenizer.json", "\\\\p{N}{1,3}", "\\\\p{N}{1,7}");
    FormatException problem =
        assertThrows(FormatException.class, () -> folder.convert(Fidelity.CORRECTED, new Notes()));
    assertTrue(problem.getMessage().contains("tokenizer.json: cuts text"), problem.getMessage());
    assertTrue(problem.getMessage().contains("split (?i:'s|'t"), problem.getMessage());
    assertTrue(
        problem.getMessage().contains("--pre-tokenizer: afmoe, bailingmoe, bailingmoe2, bloom,"));
    assertEquals(1, problem.getMessage().lines().count());
    Metadata metadata = folder.convert(Fidelity.CORRECTED, new Notes(), Optional.of("llama-bpe"));
    assertEquals(Optional.of("llama-bpe"), metadata.text("tokenizer.ggml.pre"));
  }

  @Test
  void whatThePreTokenizersNameHidesIsWritten() throws Exception {
    TokenizerFolder folder = TokenizerFolder.copy("bloom", temp);
    folder.replace("tokenizer.json", "\"normalizer\":null", "\"normalizer\":{\"type\":\"NFC\"}");
    folder.replace("tokenizer.json", "\"rstrip\":false", "\"rstrip\":true");
    folder.replace("tokenizer_config.json", "\"rstrip\":false", "\"rstrip\":true");
    Notes notes = new Notes();
    Metadata metadata = folder.convert(Fidelity.CORRECTED, notes);
    assertEquals(2, notes.list().size(), notes.list().toString());
    Tokenizer tokenizer = Tokenizer.of(metadata);
    assertArrayEquals(tokenizer.encode("\u00e9"), tokenizer.encode("e\u0301"));
    assertArrayEquals(
        tokenizer.encode("</s>x", Tokenizer.ControlNames.TOKENS),
        tokenizer.encode("</s>  \nx", Tokenizer.ControlNames.TOKENS));
    Metadata reference = folder.convert(Fidelity.AS_REFERENCE, new Notes());
    requireExpected(folder, reference, "tokenizer.ggml.tokens");
    assertFalse(reference.entries().containsKey(TokenizerKeys.NORMALIZER_NFC));
    assertFalse(reference.entries().containsKey(TokenizerKeys.RIGHT_STRIPPED));
  }

  @Test
  void theReferenceKnowsLlamas3sWordsByTheirBos() throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy("llama3", temp);
    String template =
        "\"single\":[{\"SpecialToken\":{\"id\":\"<|begin_of_text|>\",\"type_id\":0}},";
    Metadata begun = folder.convert(Fidelity.AS_REFERENCE, new Notes());
    assertEquals(Optional.of("llama-bpe"), begun.text(TokenizerKeys.PRE));
    folder.replace("tokenizer.json", template, "\"single\":[");
    Metadata reference = folder.convert(Fidelity.AS_REFERENCE, new Notes());
    assertEquals(Optional.of("smaug-bpe"), reference.text(TokenizerKeys.PRE));
    // It takes words that are tokens as a whole, as tokenizer.json says, and means a BOS.
    Notes notes = new Notes();
    Metadata right = folder.convert(Fidelity.CORRECTED, notes);
    assertEquals(Optional.of("llama-bpe"), right.text(TokenizerKeys.PRE));
    assertEquals(Optional.of(false), right.bool("tokenizer.ggml.add_bos_token"));
    assertTrue(
        notes.list().stream()
            .anyMatch(line -> line.contains("llama.cpp's converter writes 'smaug-bpe'")),
        notes.list().toString());
  }

  @Test
  void wholeWordsAreWrittenOnlyIfTheyMatter() throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy("gpt2", temp);
    folder.replace("tokenizer.json", "\"model\":{", "\"model\":{\"ignore_merges\":true,");
    Metadata harmless = folder.convert(Fidelity.CORRECTED, new Notes());
    assertFalse(harmless.entries().containsKey(TokenizerKeys.IGNORE_MERGES));
    // Without its merge, "tt" is a token that nothing leads to.
    folder.replace("tokenizer.json", ",\"t t\"]", "]");
    Metadata needed = folder.convert(Fidelity.CORRECTED, new Notes());
    assertEquals(Optional.of(true), needed.bool(TokenizerKeys.IGNORE_MERGES));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"type\":\"BPE\" | \"type\":\"WordPiece\" | model.type is WordPiece, expected BPE",
        "\"vocab\":{ | \"vocab\":{\"far\":99999999, | far is 99999999, expected 0 to 4194303",
        "\"vocab\":{ | \"vocab\":{\"a b\":3.5, | expected an id",
        "\"merges\":[ | \"merges\":[[\"a\"], | expected pairs of tokens",
        "\"merges\":[ | \"merges\":[[\"a\",\"b\",\"c\"], | expected pairs of tokens",
        "\"merges\":[ | \"merges\":[[[[[]]]], | expected pairs of tokens",
        "\"end_of_word_suffix\":null | \"end_of_word_suffix\":\"</w>\" | end_of_word_suffix is set",
        "\"pre_tokenizer\":{ | \"pre_tokenizer\":{\"type\":\"Metaspace\",\"x\":{ | broken JSON",
        "\"add_prefix_space\":false,\"trim_offsets\":true | \"add_prefix_space\":true | a space before",
      })
  void hostileFilesAreOneLine(String found, String replacement, String message) throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy("gpt2", temp);
    folder.replace("tokenizer.json", found, replacement);
    FormatException problem =
        assertThrows(FormatException.class, () -> folder.convert(Fidelity.CORRECTED, new Notes()));
    assertTrue(problem.getMessage().contains(message), problem.getMessage());
    assertEquals(1, problem.getMessage().lines().count());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gpt2/vocab.json",
        "gpt2/merges.txt",
        "llama3/tokenizer.json",
        "mistral_native_tekken/tekken.json",
        "gemma2/tokenizer.json",
        "phi3/tokenizer.model",
        "phi3/tokenizer_config.json"
      })
  void randomDamageIsRefusedOrHarmless(String file) throws IOException {
    String name = file.substring(file.indexOf('/') + 1);
    TokenizerFolder folder = TokenizerFolder.copy(file.substring(0, file.indexOf('/')), temp);
    if (name.equals("vocab.json") || name.equals("merges.txt")) {
      Files.delete(folder.path().resolve("tokenizer.json"));
    }
    byte[] sound = Files.readAllBytes(folder.path().resolve(name));
    Random random = new Random(20261122);
    for (int round = 0; round < 200; round++) {
      byte[] damaged = sound.clone();
      for (int i = 0; i < 1 + round % 5; i++) {
        damaged[random.nextInt(damaged.length)] = (byte) (32 + random.nextInt(95));
      }
      Files.write(folder.path().resolve(name), damaged);
      try {
        Tokenizer written = Tokenizer.of(folder.convert(Fidelity.CORRECTED, new Notes()));
        assertTrue(written.encode("Hello, world!").length > 0);
        assertTrue(folder.tokenizer().encode("Hello, world!").length > 0);
      } catch (FormatException e) {
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      }
    }
  }

  private static void requireExpected(TokenizerFolder folder, Metadata metadata) throws Exception {
    List<String> keys = new ArrayList<>();
    folder.expected().path("metadata").propertyNames().forEach(keys::add);
    List<String> written =
        metadata.entries().keySet().stream().filter(key -> key.startsWith("tokenizer.")).toList();
    assertEquals(keys, written);
    for (String key : keys) {
      requireExpected(folder, metadata, key);
    }
  }

  private static void requireExpected(TokenizerFolder folder, Metadata metadata, String key)
      throws NoSuchAlgorithmException {
    JsonNode expected = folder.expected().path("metadata").path(key);
    switch (metadata.get(key).orElseThrow()) {
      case MetadataValue.Text(String text) -> assertEquals(expected.stringValue(), text, key);
      case MetadataValue.Uint32(long number) -> assertEquals(expected.longValue(), number, key);
      case MetadataValue.Bool(boolean value) -> assertEquals(expected.booleanValue(), value, key);
      case MetadataValue.Array array -> {
        assertEquals(expected.path("type").stringValue(), array.elementType().name(), key);
        assertEquals(expected.path("size").intValue(), array.values().size(), key);
        assertEquals(expected.path("sha256").stringValue(), sha256(array.values()), key);
      }
      case MetadataValue other -> throw new AssertionError(key + " is " + other);
    }
  }

  private static String sha256(List<MetadataValue> values) throws NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (MetadataValue value : values) {
      String text =
          switch (value) {
            case MetadataValue.Text(String string) -> string;
            case MetadataValue.Int32(int number) -> Integer.toString(number);
            case MetadataValue.Float32(float number) ->
                Integer.toString(Float.floatToRawIntBits(number));
            default -> throw new AssertionError(value);
          };
      digest.update((text + "\0").getBytes(StandardCharsets.UTF_8));
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}

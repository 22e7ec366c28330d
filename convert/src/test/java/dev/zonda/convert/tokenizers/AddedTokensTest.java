package dev.zonda.convert.tokenizers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.formats.Metadata;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Which tokens were added, and which are special: by default as transformers reads the folder,
/// with `--as-reference` as the reference does.
class AddedTokensTest {
  private static final String TOKENIZER = "tokenizer.json";
  private static final String CONFIG = "tokenizer_config.json";
  private static final String MAP = "special_tokens_map.json";

  @TempDir private Path temp;

  @Test
  void aDecoderIsNotNeeded() throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy("gemma2", temp);
    Metadata withDecoder = folder.convert(Fidelity.CORRECTED, new Notes());
    folder.edit(CONFIG, config -> config.remove("added_tokens_decoder"));
    Notes notes = new Notes();
    Metadata metadata = folder.convert(Fidelity.CORRECTED, notes);
    for (String key :
        List.of(TokenizerKeys.TOKENS, TokenizerKeys.SCORES, TokenizerKeys.TOKEN_TYPE)) {
      assertEquals(withDecoder.array(key), metadata.array(key), key);
    }
    assertEquals(
        List.of(
            TokenType.CONTROL, TokenType.CONTROL, TokenType.USER_DEFINED, TokenType.USER_DEFINED),
        TokenizerFolder.types(metadata).subList(8, 12));
    int[] turn = {8, 324, 288};
    assertArrayEquals(turn, tokens(Tokenizer.of(metadata), "<start_of_turn>user"));
    assertArrayEquals(turn, tokens(folder.tokenizer(), "<start_of_turn>user"));
    assertTrue(
        hasNote(notes, "type CONTROL, as transformers takes it; llama.cpp's converter writes"));
    Metadata reference = folder.convert(Fidelity.AS_REFERENCE, new Notes());
    assertEquals(
        List.of(TokenType.NORMAL, TokenType.NORMAL, TokenType.NORMAL, TokenType.NORMAL),
        TokenizerFolder.types(reference).subList(8, 12));
  }

  @Test
  void aDecoderIsNotNeededForBytes() throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy("qwen2", temp);
    Metadata withDecoder = folder.convert(Fidelity.CORRECTED, new Notes());
    folder.edit(CONFIG, config -> config.remove("added_tokens_decoder"));
    Metadata metadata = folder.convert(Fidelity.CORRECTED, new Notes());
    for (String key : List.of(TokenizerKeys.TOKENS, TokenizerKeys.TOKEN_TYPE)) {
      assertEquals(withDecoder.array(key), metadata.array(key), key);
    }
  }

  @Test
  void rolesMayStandInTheMapAlone() throws IOException {
    TokenizerFolder folder = chat();
    folder.delete("tokenizer.model");
    folder.write(CONFIG, "{\"tokenizer_class\": \"LlamaTokenizerFast\"}");
    folder.write(
        MAP,
        "{\"bos_token\": \"<s>\", \"eos_token\": \"<|im_end|>\", \"unk_token\": \"<unk>\","
            + " \"additional_special_tokens\": [\"<|im_start|>\", \"<|im_end|>\"]}");
    Notes notes = new Notes();
    Metadata metadata = folder.convert(Fidelity.CORRECTED, notes);
    List<TokenType> types = TokenizerFolder.types(metadata);
    assertEquals(TokenType.CONTROL, types.get(2));
    assertEquals(List.of(TokenType.CONTROL, TokenType.CONTROL), types.subList(512, 514));
    assertEquals(OptionalLong.of(513), metadata.integer(TokenizerKeys.EOS_ID));
    assertTrue(hasNote(notes, "eos_token is '<|im_end|>' for transformers: written as 513"));
    assertArrayEquals(new int[] {513, 262}, tokens(folder.tokenizer(), "<|im_end|>a"));
    Metadata reference = folder.convert(Fidelity.AS_REFERENCE, new Notes());
    assertEquals(OptionalLong.of(2), reference.integer(TokenizerKeys.EOS_ID));
    List<TokenType> asReference = TokenizerFolder.types(reference);
    assertEquals(TokenType.NORMAL, asReference.get(2));
    assertEquals(List.of(TokenType.CONTROL, TokenType.CONTROL), asReference.subList(512, 514));
  }

  @Test
  void theMapCountsOnlyWithoutADecoder() throws IOException {
    TokenizerFolder folder = chat();
    folder.write(MAP, "{\"eos_token\": \"<|im_end|>\"}");
    Notes kept = new Notes();
    Metadata withDecoder = folder.convert(Fidelity.CORRECTED, kept);
    assertEquals(OptionalLong.of(2), withDecoder.integer(TokenizerKeys.EOS_ID));
    assertTrue(
        hasNote(
            kept,
            "eos_token is '<|im_end|>' in special_tokens_map.json, but '</s>' in"
                + " tokenizer_config.json, which is believed"));
    folder.edit(CONFIG, config -> config.remove("added_tokens_decoder"));
    Notes replaced = new Notes();
    Metadata without = folder.convert(Fidelity.CORRECTED, replaced);
    assertEquals(OptionalLong.of(513), without.integer(TokenizerKeys.EOS_ID));
    assertTrue(
        hasNote(
            replaced,
            "eos_token is '</s>' in tokenizer_config.json, but '<|im_end|>' in"
                + " special_tokens_map.json, which is believed"));
    Metadata reference = folder.convert(Fidelity.AS_REFERENCE, new Notes());
    assertEquals(OptionalLong.of(2), reference.integer(TokenizerKeys.EOS_ID));
  }

  @Test
  void aDecoderDescribesTokensAnew() throws IOException {
    TokenizerFolder folder = TokenizerFolder.copy("llama3", temp);
    folder.edit(
        CONFIG,
        config -> ((ObjectNode) config.at("/added_tokens_decoder/545")).put("rstrip", true));
    Notes notes = new Notes();
    Metadata metadata = folder.convert(Fidelity.CORRECTED, notes);
    assertTrue(hasNote(notes, "describe the added token '<|begin_of_text|>' differently (1 such)"));
    for (Tokenizer tokenizer : List.of(Tokenizer.of(metadata), folder.tokenizer())) {
      assertArrayEquals(
          tokens(tokenizer, "<|begin_of_text|>x"), tokens(tokenizer, "<|begin_of_text|> \n x"));
    }
  }

  @Test
  void tokensThatAreNotInTheVocabularyGetTheNextIds() throws IOException {
    TokenizerFolder folder = chat();
    folder.edit(
        TOKENIZER,
        tokenizer -> ((ObjectNode) tokenizer.withArray("added_tokens").get(3)).put("id", 600));
    Notes notes = new Notes();
    folder.convert(Fidelity.CORRECTED, notes);
    assertTrue(hasNote(notes, "'<|im_start|>' has id 600, but its place is 512"));
    assertArrayEquals(new int[] {512}, tokens(folder.tokenizer(), "<|im_start|>"));
  }

  /// Usual roles come first, whatever the order of the file.
  @Test
  void tokensWithARoleGetIdsInTheOrderOfRoles() throws IOException {
    TokenizerFolder folder = TokenizerFolder.ofZoo("llama2", temp).withSize(516);
    folder.edit(
        CONFIG,
        config ->
            config
                .put("image_token", "<image>")
                .put("mask_token", "<mask>")
                .put("pad_token", "<pad>")
                .putArray("additional_special_tokens")
                .add("<extra>"));
    Tokenizer tokenizer = folder.tokenizer();
    assertArrayEquals(
        new int[] {512, 513, 514, 515}, tokens(tokenizer, "<pad><mask><image><extra>"));
  }

  @Test
  void nothingIsNotedWhereAllAgree() throws IOException {
    for (String name : List.of("deepseek_v3", "llama3", "mistral_nemo", "qwen2")) {
      Notes notes = new Notes();
      TokenizerFolder.copy(name, temp).convert(Fidelity.CORRECTED, notes);
      assertFalse(hasNote(notes, "added token"), notes.list().toString());
      assertFalse(hasNote(notes, "as transformers"), notes.list().toString());
    }
  }

  /// Llama 2's folder with two tokens more, 512 and 513.
  private TokenizerFolder chat() throws IOException {
    TokenizerFolder folder = TokenizerFolder.ofZoo("llama2", temp).withSize(514);
    JsonNode unknown = folder.read(TOKENIZER).path("added_tokens").get(0);
    folder.edit(
        TOKENIZER,
        tokenizer -> {
          for (String text : List.of("<|im_start|>", "<|im_end|>")) {
            var all = tokenizer.withArray("added_tokens");
            all.add(
                ((ObjectNode) unknown.deepCopy()).put("id", 509 + all.size()).put("content", text));
          }
        });
    return folder;
  }

  private static int[] tokens(Tokenizer tokenizer, String text) {
    return tokenizer.encode(text, Tokenizer.ControlNames.TOKENS);
  }

  private static boolean hasNote(Notes notes, String part) {
    return notes.list().stream().anyMatch(line -> line.contains(part));
  }
}

package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.ChatTemplates;
import dev.zonda.convert.tokenizers.files.TokenRoles;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.TokenizerJson;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.convert.tokenizers.words.PieceTable;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Writes the vocabulary of PLaMo 2 and 3: a token with its score and its type on each line of
/// `tokenizer.jsonl`.
final class PlamoSource {
  static final String FILE = "tokenizer.jsonl";

  private static final int MOST_LINE_BYTES = 1 << 16;

  /// What pads a vocabulary.
  private static final float PADDING_SCORE = -1000f;

  /// `<|plamo:op|>`, with which a turn of a chat begins.
  private static final int OPERATION = 4;

  /// Roles in the order of their keys.
  private static final List<Map.Entry<String, String>> ROLES =
      List.of(
          Map.entry("bos_token", TokenizerKeys.BOS_ID),
          Map.entry("eos_token", TokenizerKeys.EOS_ID),
          Map.entry("pad_token", TokenizerKeys.PADDING_ID),
          Map.entry("sep_token", TokenizerKeys.SEPARATOR_ID),
          Map.entry("unk_token", TokenizerKeys.UNKNOWN_ID));

  private final TokenizerFiles files;
  private final int size;
  private final VocabularyForm form;
  private final Fidelity fidelity;
  private final Notes notes;

  PlamoSource(TokenizerFiles files, int size, VocabularyForm form, Fidelity fidelity, Notes notes) {
    this.files = files;
    this.size = size;
    this.form = form;
    this.fidelity = fidelity;
    this.notes = notes;
  }

  void write(Metadata.Builder metadata) throws IOException {
    Vocabulary vocabulary = read();
    metadata
        .putText(TokenizerKeys.MODEL, PlamoTokenizer.MODEL)
        .putText(TokenizerKeys.PRE, "default")
        .put(TokenizerKeys.TOKENS, vocabulary.tokens())
        .put(TokenizerKeys.SCORES, vocabulary.scores())
        .put(TokenizerKeys.TOKEN_TYPE, vocabulary.types());
    Optional<JsonFields> config = files.tokenizerConfig();
    if (config.isPresent()) {
      writeRoles(config.get(), new PieceTable(vocabulary.texts()), metadata);
    }
    metadata.putUint32(TokenizerKeys.EOT_ID, OPERATION);
    metadata.putBool(TokenizerKeys.ADD_SPACE_PREFIX, false);
    writeTemplates(metadata);
    if (fidelity == Fidelity.CORRECTED && config.isPresent()) {
      writeAdded(config.get(), "add_bos_token", TokenizerKeys.ADD_BOS, metadata);
      writeAdded(config.get(), "add_eos_token", TokenizerKeys.ADD_EOS, metadata);
    }
  }

  private void writeTemplates(Metadata.Builder metadata) throws IOException {
    boolean isDropped = form == VocabularyForm.PLAMO_2;
    if (isDropped && fidelity == Fidelity.AS_REFERENCE) {
      return;
    }
    ChatTemplates templates = ChatTemplates.of(files, fidelity, notes);
    templates.write(metadata);
    if (isDropped && !templates.isEmpty()) {
      notes.add("the chat template is written; llama.cpp's converter drops it (--as-reference)");
    }
  }

  private void writeRoles(JsonFields config, PieceTable table, Metadata.Builder metadata)
      throws FormatException {
    for (Map.Entry<String, String> role : ROLES) {
      Optional<String> text = config.get(role.getKey()).flatMap(TokenRoles::content);
      if (text.isPresent()) {
        int id = table.find(text.get());
        if (id == PieceTable.NONE) {
          throw config.problem(
              role.getKey(), "is '%s', which is not in %s".formatted(text.get(), FILE));
        }
        metadata.putUint32(role.getValue(), id);
      }
    }
  }

  /// llama.cpp adds nothing where a file does not say it.
  private void writeAdded(JsonFields config, String field, String key, Metadata.Builder metadata)
      throws FormatException {
    if (config.bool(field).orElse(false)) {
      metadata.putBool(key, true);
      notes.add(
          "%s is true: written as %s; llama.cpp's converter drops it (--as-reference)"
              .formatted(field, key));
    }
  }

  private Vocabulary read() throws IOException {
    Path path = files.folder().path().resolve(FILE);
    byte[] bytes =
        files
            .folder()
            .bytes(FILE)
            .orElseThrow(() -> FormatException.in(path, "is missing, expected a vocabulary"));
    Vocabulary vocabulary = new Vocabulary();
    int from = 0;
    for (int line = 1; from < bytes.length; line++) {
      int end = from;
      while (end < bytes.length && bytes[end] != '\n') {
        end++;
      }
      if (end - from > MOST_LINE_BYTES || vocabulary.size() >= TokenizerJson.MOST_TOKENS) {
        throw FormatException.in(path, "line " + line + " is too long, or one too many");
      }
      String text = new String(bytes, from, end - from, StandardCharsets.UTF_8);
      if (!text.isBlank()) {
        add(vocabulary, text, path, line);
      }
      from = end + 1;
    }
    if (vocabulary.size() > size && fidelity == Fidelity.CORRECTED) {
      notes.add(
          "%s: the tokens from %d on are left out, since the model has %d tokens"
              .formatted(FILE, size, size));
      vocabulary.truncateTo(size);
    }
    int padding = size - vocabulary.size();
    for (int i = 1; i <= padding; i++) {
      vocabulary.add("[PAD" + i + "]", PADDING_SCORE, TokenType.UNUSED);
    }
    return vocabulary;
  }

  private static void add(Vocabulary vocabulary, String text, Path path, int line)
      throws FormatException {
    JsonNode token;
    try {
      token = JsonMapper.shared().readTree(text);
    } catch (JacksonException e) {
      throw FormatException.in(path, "line " + line + " is not JSON");
    }
    boolean fits =
        token.isArray() && token.size() >= 2 && token.get(0).isString() && token.get(1).isNumber();
    if (!fits) {
      throw FormatException.in(
          path, "line " + line + " is not a token with a score: expected [text, number, type]");
    }
    String piece = token.get(0).stringValue();
    String type = token.size() > 2 && token.get(2).isString() ? token.get(2).stringValue() : "";
    boolean isNamed = piece.startsWith("<|plamo:") && piece.endsWith("|>");
    vocabulary.add(
        piece,
        (float) token.get(1).doubleValue(),
        switch (type) {
          case "UNKNOWN" -> TokenType.UNKNOWN;
          case "CONTROL" -> TokenType.CONTROL;
          case "BYTE" -> TokenType.BYTE;
          default -> isNamed ? TokenType.CONTROL : TokenType.NORMAL;
        });
  }
}

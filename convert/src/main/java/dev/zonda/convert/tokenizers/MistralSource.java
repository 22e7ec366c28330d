package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.ChatTemplates;
import dev.zonda.convert.tokenizers.files.SentencePieceModel;
import dev.zonda.convert.tokenizers.files.TekkenVocabulary;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.convert.tokenizers.words.PreTokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Writes the vocabulary of a folder in Mistral's own layout: `tekken.json`, else the newest
/// `tokenizer.model.vN`.
final class MistralSource {
  private static final String TEKKEN = "tekken.json";
  private static final String TEMPLATE = "chat_template.jinja";
  private static final Pattern MODEL =
      Pattern.compile("tokenizer\\.model(?:\\.(v\\d+)(?:m\\d+)?)?");

  /// Whose files lie next to the vocabulary.
  enum Home {
    OWN_LAYOUT,
    /// llama.cpp's converter (the reference) does not read a template there.
    HUGGING_FACE
  }

  private final TokenizerFiles files;
  private final Home home;
  private final Fidelity fidelity;
  private final Notes notes;

  MistralSource(TokenizerFiles files, Home home, Fidelity fidelity, Notes notes) {
    this.files = files;
    this.home = home;
    this.fidelity = fidelity;
    this.notes = notes;
  }

  void write(Metadata.Builder metadata) throws IOException {
    if (files.folder().has(TEKKEN)) {
      writeTekken(metadata);
    } else {
      writeSentencePiece(metadata);
    }
  }

  private void writeTekken(Metadata.Builder metadata) throws IOException {
    TekkenVocabulary tekken = TekkenVocabulary.of(files.folder(), TEKKEN);
    metadata
        .putText(TokenizerKeys.MODEL, "gpt2")
        .putText(TokenizerKeys.PRE, PreTokenizer.TEKKEN.ggufName())
        .put(TokenizerKeys.MERGES, MetadataValue.Array.ofStrings(tekken.merges()));
    Vocabulary vocabulary = tekken.vocabulary();
    int eos = tekken.special("</s>").orElse(2);
    writeTokens(
        vocabulary,
        // The reference writes scores, all zero, as integers.
        MetadataValue.Array.ofInts(new int[vocabulary.size()]),
        List.of(
            tekken.special("<s>").orElse(1),
            eos,
            tekken.special("<unk>").orElse(0),
            tekken.special("<pad>").orElse(eos)),
        tekken.version() + "-tekken",
        metadata);
  }

  private void writeSentencePiece(Metadata.Builder metadata) throws IOException {
    String name = newestModel();
    SentencePieceModel model =
        SentencePieceModel.parse(
            files.folder().path().resolve(name), files.folder().bytes(name).orElseThrow());
    SentencePieceVocabulary pieces =
        new SentencePieceVocabulary(
            model.pieces().size(), SentencePieceVocabulary.Special.AS_FLAGGED, notes);
    pieces.addPieces(model, SentencePieceVocabulary.UserDefined.NORMAL);
    Vocabulary vocabulary = pieces.vocabulary();
    metadata.putText(TokenizerKeys.MODEL, "llama");
    if (fidelity == Fidelity.CORRECTED && !model.addsDummyPrefix()) {
      notes.add(
          name
              + " adds no space before a text: written as "
              + TokenizerKeys.ADD_SPACE_PREFIX
              + "; llama.cpp's converter drops it");
      metadata.putBool(TokenizerKeys.ADD_SPACE_PREFIX, false);
    }
    Matcher version = MODEL.matcher(name);
    String template = version.matches() && version.group(1) != null ? version.group(1) : "v1";
    writeTokens(vocabulary, vocabulary.scores(), List.of(1, 2, 0, 2), template, metadata);
  }

  /// @param roles ids of BOS, EOS, unknown and padding token
  private void writeTokens(
      Vocabulary vocabulary,
      MetadataValue.Array scores,
      List<Integer> roles,
      String version,
      Metadata.Builder metadata)
      throws IOException {
    String architecture = metadata.build().text("general.architecture").orElse("llama");
    metadata
        .putUint32(TokenizerKeys.BOS_ID, roles.get(0))
        .putUint32(TokenizerKeys.EOS_ID, roles.get(1))
        .putUint32(TokenizerKeys.UNKNOWN_ID, roles.get(2))
        .putUint32(TokenizerKeys.PADDING_ID, roles.get(3))
        .put(TokenizerKeys.TOKENS, vocabulary.tokens())
        .put(TokenizerKeys.SCORES, scores)
        .put(TokenizerKeys.TOKEN_TYPE, vocabulary.types())
        .putUint32(architecture + ".vocab_size", vocabulary.size())
        .putBool(TokenizerKeys.ADD_BOS, true)
        .putBool(TokenizerKeys.ADD_EOS, false);
    boolean isRead = home == Home.OWN_LAYOUT || fidelity == Fidelity.CORRECTED;
    Optional<String> own = isRead ? ChatTemplates.text(files.folder(), TEMPLATE) : Optional.empty();
    String builtIn = "mistral-" + version;
    if (own.isPresent()) {
      metadata.putText(TokenizerKeys.CHAT_TEMPLATE, own.get());
    } else if (List.of(
            "mistral-v1", "mistral-v3", "mistral-v7", "mistral-v3-tekken", "mistral-v7-tekken")
        .contains(builtIn)) {
      metadata.putText(TokenizerKeys.CHAT_TEMPLATE, builtIn);
    } else {
      notes.add(
          "no chat template is written: the folder has no "
              + TEMPLATE
              + ", and llama.cpp has none built in for tokenizers of version "
              + version);
    }
  }

  private String newestModel() throws IOException {
    List<String> names =
        files.folder().list("").stream().filter(name -> MODEL.matcher(name).matches()).toList();
    if (names.isEmpty()) {
      throw FormatException.in(
          files.folder().path(), "has no vocabulary: expected tekken.json or tokenizer.model.vN");
    }
    return Collections.max(names);
  }
}

package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.ChatTemplates;
import dev.zonda.convert.tokenizers.files.RankedVocabulary;
import dev.zonda.convert.tokenizers.files.SpecialTokenKind;
import dev.zonda.convert.tokenizers.files.SpecialTokens;
import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.files.Vocabulary;
import dev.zonda.convert.tokenizers.words.PreTokenizer;
import dev.zonda.convert.tokenizers.words.RankedMerges;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/// Writes the vocabulary of the first Qwen: a list of ranks, and special tokens after them, whose
/// names are in its code only.
final class QwenSource {
  static final String FILE = "qwen.tiktoken";

  private static final String END = "<|endoftext|>";
  private static final List<String> NAMED = List.of(END, "<|im_start|>", "<|im_end|>");

  /// Special tokens without a use.
  private static final int EXTRAS = 205;

  private static final List<SpecialTokenKind> KINDS =
      List.of(SpecialTokenKind.values()).stream()
          .filter(kind -> kind != SpecialTokenKind.EOT && kind != SpecialTokenKind.EOM)
          .toList();

  private final TokenizerFiles files;
  private final int size;
  private final Fidelity fidelity;
  private final Notes notes;

  /// @param size tokens that the model has
  QwenSource(TokenizerFiles files, int size, Fidelity fidelity, Notes notes) {
    this.files = files;
    this.size = size;
    this.fidelity = fidelity;
    this.notes = notes;
  }

  void write(Metadata.Builder metadata) throws IOException {
    Path path = files.folder().path().resolve(FILE);
    RankedVocabulary ranked =
        RankedVocabulary.parse(path, files.folder().bytesHereOrAbove(FILE).orElseThrow());
    int end = ranked.words().size();
    List<String> special = new ArrayList<>(NAMED);
    for (int i = 0; i < EXTRAS; i++) {
      special.add("<|extra_%d|>".formatted(i));
    }
    if (end + special.size() > size) {
      throw FormatException.in(
          path,
          "has %d tokens, but the model %d: expected those and %d special ones"
              .formatted(end, size, special.size()));
    }
    Vocabulary vocabulary = new Vocabulary();
    ranked.words().forEach(word -> vocabulary.add(word, 0, TokenType.NORMAL));
    special.forEach(name -> vocabulary.add(name, 0, TokenType.CONTROL));
    for (int id = end + special.size(); id < size; id++) {
      vocabulary.add("[PAD" + id + "]", 0, TokenType.UNUSED);
    }
    metadata
        .putText(TokenizerKeys.MODEL, "gpt2")
        .putText(TokenizerKeys.PRE, PreTokenizer.QWEN2.ggufName())
        .put(TokenizerKeys.TOKENS, vocabulary.tokens())
        .put(TokenizerKeys.TOKEN_TYPE, vocabulary.types())
        .put(TokenizerKeys.MERGES, MetadataValue.Array.ofStrings(merges(ranked, path)));
    roles(end).write(metadata);
    ChatTemplates.of(files, fidelity, notes).write(metadata);
  }

  /// The end of a document is also what begins one and what stands for the unknown, where
  /// config.json names no token.
  private SpecialTokens roles(int end) throws IOException {
    SpecialTokens roles = new SpecialTokens(KINDS, OptionalInt.of(size), notes);
    roles.read(files.tokenizerFields(), files.tokenizerConfig(), files.config());
    boolean isNamed = KINDS.stream().anyMatch(kind -> roles.id(kind).isPresent());
    if (!isNamed) {
      roles.setId(SpecialTokenKind.BOS, end);
      roles.setId(SpecialTokenKind.EOS, end);
    }
    roles.setId(SpecialTokenKind.UNK, end);
    return roles;
  }

  /// For each token of several bytes the two that it is joined from last.
  private static List<String> merges(RankedVocabulary ranked, Path path) throws FormatException {
    List<String> merges = new ArrayList<>();
    for (String word : ranked.words()) {
      if (word.length() > 1) {
        merges.add(
            RankedMerges.last(word, ranked.ranks())
                .orElseThrow(() ->
                    FormatException.in(
                        path,
                        "has the token '%s', which is not made of two tokens of lower ranks"
                            .formatted(word))));
      }
    }
    return merges;
  }
}

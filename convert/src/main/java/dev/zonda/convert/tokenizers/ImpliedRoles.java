package dev.zonda.convert.tokenizers;

import dev.zonda.convert.tokenizers.files.SpecialTokenKind;
import dev.zonda.convert.tokenizers.words.PreTokenizer;
import java.util.OptionalInt;

/// Which tokens begin and end a text where a GGUF file does not say it.
///
/// @param bos id of the BOS
/// @param eos id of the EOS
/// @param begins whether a document begins with a BOS
record ImpliedRoles(int bos, int eos, boolean begins) {
  /// Those of Llama.
  static final ImpliedRoles SENTENCEPIECE = new ImpliedRoles(1, 2, true);

  /// No token, though a document begins with the BOS that a file names.
  static final ImpliedRoles NONE = new ImpliedRoles(-1, -1, true);

  /// GPT-2's and Falcon's.
  private static final int USUAL_END = 11;

  /// Of a byte-level vocabulary.
  ///
  /// @param preTokenizer GGUF's name of it
  static ImpliedRoles bytes(String preTokenizer) {
    boolean begins =
        PreTokenizer.named(preTokenizer)
            .filter(one -> one.has(PreTokenizer.Trait.BEGINS))
            .isPresent();
    return new ImpliedRoles(USUAL_END, USUAL_END, begins);
  }

  OptionalInt id(SpecialTokenKind kind) {
    return switch (kind) {
      case BOS -> said(bos);
      case EOS -> said(eos);
      case UNK, SEP, PAD, CLS, MASK, EOT, EOM -> OptionalInt.empty();
    };
  }

  private static OptionalInt said(int id) {
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }
}

package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.ChatTemplates;
import dev.zonda.convert.tokenizers.files.Normalizers;
import dev.zonda.convert.tokenizers.files.SpecialTokenKind;
import dev.zonda.convert.tokenizers.files.SpecialTokens;
import dev.zonda.convert.tokenizers.files.TokenRoles;
import dev.zonda.convert.tokenizers.files.TokenizerClass;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.formats.Metadata;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/// Writes what follows the tokens of a vocabulary: those with a role, chat templates, normalizers.
final class RoleKeys {
  private static final List<SpecialTokenKind> USUAL_KINDS =
      Arrays.stream(SpecialTokenKind.values())
          .filter(kind -> kind != SpecialTokenKind.EOT && kind != SpecialTokenKind.EOM)
          .toList();

  private RoleKeys() {}

  /// @param limit number of tokens, if llama.cpp's converter (the reference) leaves out ids beyond
  /// @param named roles that the form of the vocabulary gives
  /// @param endOfTurn what the reference takes for the end of a text, if it is not what files say
  /// @param correction of what the reference makes of the folder
  static void write(
      TokenizerFiles files,
      OptionalInt limit,
      NamedRoles named,
      OptionalInt endOfTurn,
      RoleCorrection correction,
      Fidelity fidelity,
      Notes notes,
      Metadata.Builder metadata)
      throws IOException {
    boolean corrects = fidelity == Fidelity.CORRECTED;
    SpecialTokens special =
        new SpecialTokens(USUAL_KINDS, corrects ? OptionalInt.of(correction.size()) : limit, notes);
    special.read(files.tokenizerFields(), files.tokenizerConfig(), files.config());
    named.give(correction.ids(), files.folder().path(), fidelity, special);
    if (special.id(SpecialTokenKind.EOS).isPresent()) {
      endOfTurn.ifPresent(id -> special.replaceId(SpecialTokenKind.EOS, id));
    }
    Metadata.Builder more = Metadata.builder();
    if (corrects) {
      TokenRoles.noteContradictions(files, notes);
      correction.correctRoles(TokenRoles.of(files, TokenizerClass.of(files)), special);
      if (files.tokenizer().isPresent()) {
        correction.correctSurroundings(
            DocumentTemplate.of(files.tokenizerFields().orElseThrow()), special, more);
      }
    }
    special.write(metadata);
    ChatTemplates.of(files, fidelity, notes).write(metadata);
    new Normalizers().read(files.tokenizerFields()).write(metadata);
    metadata.putAll(more.build().entries());
  }
}

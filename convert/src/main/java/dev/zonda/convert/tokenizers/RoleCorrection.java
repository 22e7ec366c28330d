package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.SpecialTokenKind;
import dev.zonda.convert.tokenizers.files.SpecialTokens;
import dev.zonda.convert.tokenizers.files.TokenRoles;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;

/// Corrects what llama.cpp's converter makes of tokens with a role, and of those around a document,
/// where transformers makes something else of the same folder.
///
/// @param implied the roles in a GGUF file that does not name them
/// @param size tokens that the model has
/// @param ids of tokens by text
/// @param texts of tokens by id
/// @param notes what the user should know
record RoleCorrection(
    ImpliedRoles implied,
    int size,
    Function<String, OptionalInt> ids,
    IntFunction<String> texts,
    Notes notes) {
  private static final String HINT = " (--as-reference)";

  /// Roles that matter, and have a key.
  private static final Set<SpecialTokenKind> KINDS =
      EnumSet.of(
          SpecialTokenKind.BOS,
          SpecialTokenKind.EOS,
          SpecialTokenKind.UNK,
          SpecialTokenKind.SEP,
          SpecialTokenKind.PAD,
          SpecialTokenKind.MASK);

  /// Gives roles to the tokens that the tokenizer's files name.
  void correctRoles(TokenRoles roles, SpecialTokens special) {
    for (SpecialTokenKind kind : KINDS) {
      Optional<String> text = roles.saidText(kind).filter(token -> !special.isRenamed(kind));
      OptionalInt id = text.isEmpty() ? OptionalInt.empty() : ids.apply(text.get());
      if (id.isPresent()) {
        correct(kind, text.get(), id.getAsInt(), special);
      }
    }
  }

  private void correct(SpecialTokenKind kind, String text, int id, SpecialTokens special) {
    OptionalInt found = special.id(kind);
    boolean isSame = found.equals(OptionalInt.of(id));
    boolean isImplied = found.isEmpty() && implied.id(kind).equals(OptionalInt.of(id));
    // Nothing is unknown to a vocabulary with bytes: where no file contradicts, no key is missing.
    boolean isVain = found.isEmpty() && kind == SpecialTokenKind.UNK;
    if (isSame || isImplied || isVain) {
      return;
    }
    if (id >= size) {
      notes.add(
          "%s is '%s' with id %d, but there are %d tokens: it is left out"
              .formatted(kind.tokenField(), text, id, size));
      return;
    }
    notes.add(
        "%s is '%s' for transformers: written as %d; llama.cpp's converter writes %s"
                .formatted(kind.tokenField(), text, id, named(found))
            + HINT);
    special.replaceId(kind, id);
  }

  /// Sees that a document gets the tokens around it that tokenizer.json's post-processor adds.
  void correctSurroundings(Surroundings wanted, SpecialTokens special, Metadata.Builder metadata) {
    correctSide(
            SpecialTokenKind.BOS, wanted.before(), implied.begins(), special, TokenizerKeys.PREFIX)
        .ifPresent(ids -> metadata.put(TokenizerKeys.PREFIX, ids));
    correctSide(SpecialTokenKind.EOS, wanted.after(), false, special, TokenizerKeys.SUFFIX)
        .ifPresent(ids -> metadata.put(TokenizerKeys.SUFFIX, ids));
  }

  private Optional<MetadataValue.Array> correctSide(
      SpecialTokenKind kind,
      List<Integer> wanted,
      boolean isImplied,
      SpecialTokens special,
      String key) {
    boolean adds = special.adds(kind).orElse(isImplied);
    if (wanted.isEmpty()) {
      if (adds) {
        notes.add(
            "tokenizer.json adds no %s to a text, nor does transformers: written as %s false;"
                    .formatted(stem(kind), kind.addKey().orElseThrow())
                + " llama.cpp's converter says that it is added"
                + HINT);
        special.replaceAdds(kind, false);
      }
      return Optional.empty();
    }
    if (wanted.size() > 1 || wanted.getFirst() >= size) {
      notes.add(
          "tokenizer.json puts the tokens %s next to a text: written as %s, since GGUF has no"
                  .formatted(wanted, key)
              + " standard key for more than one");
      List<Integer> written = wanted.stream().filter(id -> id < size).toList();
      return Optional.of(
          MetadataValue.Array.ofInts(written.stream().mapToInt(Integer::intValue).toArray()));
    }
    int id = wanted.getFirst();
    OptionalInt found = special.id(kind).isPresent() ? special.id(kind) : implied.id(kind);
    if (!adds || !found.equals(OptionalInt.of(id))) {
      notes.add(
          ("tokenizer.json puts %d ('%s') next to a text: written as %s and %s; "
                      + "llama.cpp's converter writes")
                  .formatted(
                      id, texts.apply(id), kind.idKey().orElseThrow(), kind.addKey().orElseThrow())
              + " %s and %s".formatted(named(special.id(kind)), adds)
              + HINT);
      special.replaceAdds(kind, true);
      if (!found.equals(OptionalInt.of(id))) {
        special.replaceId(kind, id);
      }
    }
    return Optional.empty();
  }

  private static String stem(SpecialTokenKind kind) {
    return kind.name();
  }

  private static String named(OptionalInt id) {
    return id.isPresent() ? Integer.toString(id.getAsInt()) : "none";
  }
}

package dev.zonda.convert.tokenizers;

import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.words.IntList;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// The tokens that a model wants around a document.
///
/// @param before usually a BOS, or none
/// @param after usually none
record Surroundings(List<Integer> before, List<Integer> after) {
  static final Surroundings NONE = new Surroundings(List.of(), List.of());

  Surroundings {
    before = List.copyOf(before);
    after = List.copyOf(after);
  }

  /// What the metadata of a GGUF file say.
  ///
  /// @param implied what they mean where they do not say it
  static Surroundings of(Metadata metadata, TokenTable tokens, ImpliedRoles implied)
      throws FormatException {
    boolean ends = metadata.bool(TokenizerKeys.ADD_EOS).orElse(false);
    Optional<List<Integer>> before = read(metadata, TokenizerKeys.PREFIX, tokens.size());
    Optional<List<Integer>> after = read(metadata, TokenizerKeys.SUFFIX, tokens.size());
    return new Surroundings(
        before.orElseGet(() ->
            metadata.bool(TokenizerKeys.ADD_BOS).orElse(implied.begins())
                ? list(tokens.role(TokenizerKeys.BOS_ID, implied.bos()))
                : List.of()),
        after.orElseGet(
            () -> ends ? list(tokens.role(TokenizerKeys.EOS_ID, implied.eos())) : List.of()));
  }

  /// The token at the beginning, if there is one.
  OptionalInt beginning() {
    return before.isEmpty() ? OptionalInt.empty() : OptionalInt.of(before.getFirst());
  }

  /// A document with what is around it.
  int[] around(int[] document) {
    IntList ids = new IntList();
    before.forEach(ids::add);
    ids.addAll(document);
    after.forEach(ids::add);
    return ids.toArray();
  }

  private static List<Integer> list(OptionalInt id) {
    return id.isPresent() ? List.of(id.getAsInt()) : List.of();
  }

  private static Optional<List<Integer>> read(Metadata metadata, String key, int size)
      throws FormatException {
    Optional<List<MetadataValue>> values = metadata.array(key);
    if (values.isEmpty()) {
      return Optional.empty();
    }
    List<Integer> ids = new ArrayList<>();
    for (MetadataValue value : values.get()) {
      if (!(value instanceof MetadataValue.Int32(int id)) || id < 0 || id >= size) {
        throw TokenTable.problem(key, "holds " + value + ", expected ids of tokens as INT32");
      }
      ids.add(id);
    }
    return Optional.of(ids);
  }
}

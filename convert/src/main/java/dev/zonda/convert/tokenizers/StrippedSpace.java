package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Which added tokens take the white space before or after them with them.
///
/// @param left ids of tokens that take what is before
/// @param right ids of tokens that take what is after
record StrippedSpace(BitSet left, BitSet right) {
  /// Of Phi-3's added tokens, these take no space with them.
  private static final Set<String> PHI_PLAIN = Set.of("<unk>", "<s>", "<|endoftext|>");

  /// What the metadata say, or imply.
  static StrippedSpace of(Metadata metadata, List<String> pieces) throws FormatException {
    Optional<BitSet> left = read(metadata, TokenizerKeys.LEFT_STRIPPED, pieces.size());
    Optional<BitSet> right = read(metadata, TokenizerKeys.RIGHT_STRIPPED, pieces.size());
    if (left.isEmpty() && right.isEmpty()) {
      return implied(metadata, pieces);
    }
    return new StrippedSpace(left.orElseGet(BitSet::new), right.orElseGet(BitSet::new));
  }

  /// What files without the keys mean: llama.cpp knows that Phi-3's tokens take space with them.
  private static StrippedSpace implied(Metadata metadata, List<String> pieces) {
    BitSet right = new BitSet();
    boolean isPhi =
        metadata.text("general.architecture").equals(Optional.of("phi3"))
            && metadata.text(TokenizerKeys.MODEL).equals(Optional.of("llama"));
    if (isPhi) {
      for (int id = 0; id < pieces.size(); id++) {
        right.set(id, !PHI_PLAIN.contains(pieces.get(id)));
      }
    }
    return new StrippedSpace(new BitSet(), right);
  }

  /// Writes the keys if the folder's files say something else than what is implied.
  ///
  /// @param tokens the texts of the tokens written
  static void write(
      TokenizerFiles files, List<String> tokens, Notes notes, Metadata.Builder metadata)
      throws IOException {
    StrippedSpace said = new StrippedSpace(new BitSet(), new BitSet());
    BitSet added = new BitSet();
    if (files.tokenizer().isPresent()) {
      for (JsonFields token : files.tokenizer().get().fields().objects("added_tokens")) {
        said.read(token, token.integer("id").orElse(-1), added);
      }
    } else if (files.tokenizerConfig().isPresent()) {
      Optional<JsonFields> decoder = files.tokenizerConfig().get().object("added_tokens_decoder");
      Iterable<Map.Entry<String, JsonNode>> entries =
          decoder.isPresent() ? decoder.get().fields() : List.of();
      for (var entry : entries) {
        long id = entry.getKey().matches("\\d{1,9}") ? Long.parseLong(entry.getKey()) : -1;
        said.read(decoder.get().child(entry.getKey(), entry.getValue()), id, added);
      }
    }
    added.clear(tokens.size(), Math.max(tokens.size(), added.length()));
    StrippedSpace implied = implied(metadata.build(), tokens);
    implied.right.and(added);
    said.left.and(added);
    said.right.and(added);
    if (!said.equals(implied)) {
      notes.add(
          "added tokens take the white space beside them with them: written as %s and %s; GGUF has"
                  .formatted(TokenizerKeys.LEFT_STRIPPED, TokenizerKeys.RIGHT_STRIPPED)
              + " no standard key for it, the reference drops it");
      metadata.put(TokenizerKeys.LEFT_STRIPPED, ids(said.left));
      metadata.put(TokenizerKeys.RIGHT_STRIPPED, ids(said.right));
    }
  }

  private void read(JsonFields token, long id, BitSet added) throws FormatException {
    if (id < 0 || id >= TokenizerJson.MOST_TOKENS) {
      return;
    }
    added.set((int) id);
    left.set((int) id, token.bool("lstrip").orElse(false));
    right.set((int) id, token.bool("rstrip").orElse(false));
  }

  private static MetadataValue.Array ids(BitSet set) {
    return MetadataValue.Array.ofInts(set.stream().toArray());
  }

  private static Optional<BitSet> read(Metadata metadata, String key, int size)
      throws FormatException {
    Optional<List<MetadataValue>> ids = metadata.array(key);
    if (ids.isEmpty()) {
      return Optional.empty();
    }
    BitSet set = new BitSet();
    for (MetadataValue value : ids.get()) {
      if (!(value instanceof MetadataValue.Int32(int id)) || id < 0 || id >= size) {
        throw TokenTable.problem(key, "holds " + value + ", expected ids of tokens as INT32");
      }
      set.set(id);
    }
    return Optional.of(set);
  }
}

package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.AddedToken;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/// How added tokens are looked for, in addition to their texts.
///
/// @param left ids of tokens that take the white space before them with them
/// @param right ids of tokens that take what is after them
/// @param singleWord ids of tokens that must not stand within a word
/// @param normalized ids of tokens that are looked for after the others, in normalized text
record AddedTokenFlags(BitSet left, BitSet right, BitSet singleWord, BitSet normalized) {
  /// Of Phi-3's added tokens, these take no space with them.
  private static final Set<String> PHI_PLAIN = Set.of("<unk>", "<s>", "<|endoftext|>");

  private static AddedTokenFlags none() {
    return new AddedTokenFlags(new BitSet(), new BitSet(), new BitSet(), new BitSet());
  }

  static AddedTokenFlags of(SequencedMap<Integer, AddedToken> tokens) {
    AddedTokenFlags flags = none();
    tokens.forEach(flags::set);
    return flags;
  }

  /// What the metadata of a GGUF file say, or imply.
  static AddedTokenFlags of(Metadata metadata, List<String> pieces) throws FormatException {
    int size = pieces.size();
    Optional<BitSet> left = read(metadata, TokenizerKeys.LEFT_STRIPPED, size);
    Optional<BitSet> right = read(metadata, TokenizerKeys.RIGHT_STRIPPED, size);
    BitSet implied =
        left.isEmpty() && right.isEmpty() ? impliedRight(metadata, pieces) : new BitSet();
    return new AddedTokenFlags(
        left.orElseGet(BitSet::new),
        right.orElse(implied),
        read(metadata, TokenizerKeys.SINGLE_WORDS, size).orElseGet(BitSet::new),
        read(metadata, TokenizerKeys.NORMALIZED, size).orElseGet(BitSet::new));
  }

  /// What files without the keys mean: llama.cpp knows that Phi-3's tokens take space with them.
  private static BitSet impliedRight(Metadata metadata, List<String> pieces) {
    BitSet right = new BitSet();
    boolean isPhi =
        metadata.text("general.architecture").equals(Optional.of("phi3"))
            && metadata.text(TokenizerKeys.MODEL).equals(Optional.of("llama"));
    if (isPhi) {
      for (int id = 0; id < pieces.size(); id++) {
        right.set(id, !PHI_PLAIN.contains(pieces.get(id)));
      }
    }
    return right;
  }

  /// Writes the keys if the folder's files say something else than what is implied.
  ///
  /// @param tokens the texts of the tokens written
  /// @param added the added tokens among them
  static void write(
      List<String> tokens,
      SequencedMap<Integer, AddedToken> added,
      Notes notes,
      Metadata.Builder metadata) {
    AddedTokenFlags said = none();
    BitSet all = new BitSet();
    for (Map.Entry<Integer, AddedToken> entry : added.entrySet()) {
      if (entry.getKey() < tokens.size()) {
        all.set(entry.getKey());
        said.set(entry.getKey(), entry.getValue());
      }
    }
    BitSet impliedRight = impliedRight(metadata.build(), tokens);
    impliedRight.and(all);
    boolean strips = !said.left.isEmpty() || !said.right.equals(impliedRight);
    if (strips) {
      notes.add(
          "added tokens include the white space next to them: written as %s and %s; GGUF has"
                  .formatted(TokenizerKeys.LEFT_STRIPPED, TokenizerKeys.RIGHT_STRIPPED)
              + " no standard key for it, and llama.cpp's converter drops it");
      metadata.put(TokenizerKeys.LEFT_STRIPPED, ids(said.left));
      metadata.put(TokenizerKeys.RIGHT_STRIPPED, ids(said.right));
    }
    if (!said.singleWord.isEmpty()) {
      notes.add(
          "added tokens do not count inside words: written as %s; GGUF has no standard key for it,"
                  .formatted(TokenizerKeys.SINGLE_WORDS)
              + " and llama.cpp's converter drops it");
      metadata.put(TokenizerKeys.SINGLE_WORDS, ids(said.singleWord));
    }
  }

  /// Writes which tokens are looked for after the others, where these can take white space from
  /// them, or leave some.
  static void writeRounds(
      List<String> tokens, SequencedMap<Integer, AddedToken> added, Metadata.Builder metadata) {
    AddedTokenFlags said = of(added);
    BitSet all = new BitSet();
    added.keySet().forEach(all::set);
    all.clear(tokens.size(), Math.max(tokens.size(), all.length()));
    said.normalized.and(all);
    boolean mixed = !said.normalized.isEmpty() && !said.normalized.equals(all);
    boolean matters = !said.left.isEmpty() || !said.right.isEmpty() || !said.singleWord.isEmpty();
    if (mixed && matters) {
      metadata.put(TokenizerKeys.NORMALIZED, ids(said.normalized));
    }
  }

  private void set(int id, AddedToken token) {
    left.set(id, token.leftStrip());
    right.set(id, token.rightStrip());
    singleWord.set(id, token.singleWord());
    normalized.set(id, token.normalized());
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

package dev.zonda.convert.tokenizers;

import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/// A vocabulary as GGUF stores it: text, score and type of every token, by id.
final class Vocabulary {
  private static final float PADDING_SCORE = -10000f;

  private final List<String> texts = new ArrayList<>();
  private float[] scores = new float[1024];
  private int[] types = new int[1024];

  int size() {
    return texts.size();
  }

  String text(int id) {
    return texts.get(id);
  }

  TokenType type(int id) {
    return TokenType.ofId(types[id]);
  }

  float score(int id) {
    return scores[id];
  }

  void add(String text, float score, TokenType type) {
    int id = texts.size();
    if (id == scores.length) {
      scores = Arrays.copyOf(scores, 2 * id);
      types = Arrays.copyOf(types, 2 * id);
    }
    texts.add(text);
    scores[id] = score;
    types[id] = type.id();
  }

  void set(int id, String text, float score, TokenType type) {
    texts.set(id, text);
    scores[id] = score;
    types[id] = type.id();
  }

  /// Adds unused tokens `[PADn]` until there are as many as the embedding has rows.
  void padTo(int size) {
    while (texts.size() < size) {
      add("[PAD" + texts.size() + "]", PADDING_SCORE, TokenType.UNUSED);
    }
  }

  /// Forgets all tokens from an id on.
  void truncateTo(int size) {
    texts.subList(Math.min(size, texts.size()), texts.size()).clear();
  }

  List<String> texts() {
    return Collections.unmodifiableList(texts);
  }

  MetadataValue.Array tokens() {
    return MetadataValue.Array.ofStrings(texts);
  }

  MetadataValue.Array scores() {
    return MetadataValue.Array.ofFloats(Arrays.copyOf(scores, size()));
  }

  MetadataValue.Array types() {
    return MetadataValue.Array.ofInts(Arrays.copyOf(types, size()));
  }
}

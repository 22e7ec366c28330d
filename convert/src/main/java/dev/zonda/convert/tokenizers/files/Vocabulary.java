package dev.zonda.convert.tokenizers.files;

import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/// A vocabulary as GGUF stores it: text, score and type of every token, by id.
public final class Vocabulary {
  public static final float PADDING_SCORE = -10000f;

  private final List<String> texts = new ArrayList<>();
  private float[] scores = new float[1024];
  private int[] types = new int[1024];

  public int size() {
    return texts.size();
  }

  public String text(int id) {
    return texts.get(id);
  }

  public TokenType type(int id) {
    return TokenType.ofId(types[id]);
  }

  public float score(int id) {
    return scores[id];
  }

  public void add(String text, float score, TokenType type) {
    int id = texts.size();
    if (id == scores.length) {
      scores = Arrays.copyOf(scores, 2 * id);
      types = Arrays.copyOf(types, 2 * id);
    }
    texts.add(text);
    scores[id] = score;
    types[id] = type.id();
  }

  public void set(int id, String text, float score, TokenType type) {
    texts.set(id, text);
    scores[id] = score;
    types[id] = type.id();
  }

  /// Adds unused tokens `[PADn]` until there are as many as the embedding has rows.
  public void padTo(int size) {
    while (texts.size() < size) {
      add("[PAD" + texts.size() + "]", PADDING_SCORE, TokenType.UNUSED);
    }
  }

  /// Forgets all tokens from an id on.
  public void truncateTo(int size) {
    texts.subList(Math.min(size, texts.size()), texts.size()).clear();
  }

  public List<String> texts() {
    return Collections.unmodifiableList(texts);
  }

  public MetadataValue.Array tokens() {
    return MetadataValue.Array.ofStrings(texts);
  }

  public MetadataValue.Array scores() {
    return MetadataValue.Array.ofFloats(Arrays.copyOf(scores, size()));
  }

  public MetadataValue.Array types() {
    return MetadataValue.Array.ofInts(Arrays.copyOf(types, size()));
  }
}

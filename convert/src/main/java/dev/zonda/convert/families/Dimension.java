package dev.zonda.convert.families;

/// A dimension of a tensor by its meaning, so that rules can say which shape they expect.
public enum Dimension {
  HIDDEN("hidden_size"),
  QUERIES("num_attention_heads * head_dim"),
  KEYS("num_key_value_heads * head_dim"),
  FEED_FORWARD("intermediate_size"),
  VOCABULARY("vocab_size");

  private final String meaning;

  Dimension(String meaning) {
    this.meaning = meaning;
  }

  /// In terms of config.json's fields.
  String meaning() {
    return meaning;
  }

  long of(ModelSizes sizes) {
    return switch (this) {
      case HIDDEN -> sizes.hidden();
      case QUERIES -> (long) sizes.heads() * sizes.headLength();
      case KEYS -> (long) sizes.keyValueHeads() * sizes.headLength();
      case FEED_FORWARD -> sizes.feedForward();
      case VOCABULARY -> sizes.vocabulary();
    };
  }
}

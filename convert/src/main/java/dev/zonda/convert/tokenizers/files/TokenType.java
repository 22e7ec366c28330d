package dev.zonda.convert.tokenizers.files;

/// What a token of a vocabulary is, with the ids of GGUF (and of SentencePiece).
public enum TokenType {
  NORMAL(1),
  UNKNOWN(2),
  CONTROL(3),
  USER_DEFINED(4),
  UNUSED(5),
  BYTE(6);

  private final int id;

  TokenType(int id) {
    this.id = id;
  }

  public int id() {
    return id;
  }

  /// The type of an id; unknown ids count as normal tokens.
  public static TokenType ofId(long id) {
    for (TokenType type : values()) {
      if (type.id == id) {
        return type;
      }
    }
    return NORMAL;
  }
}

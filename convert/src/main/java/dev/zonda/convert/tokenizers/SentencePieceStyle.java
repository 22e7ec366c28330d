package dev.zonda.convert.tokenizers;

/// What a family's vocabularies have in common.
enum SentencePieceStyle {
  /// Llama's: tokenizer_config.json may say whether there is a space before a text. llama.cpp's
  /// converter (the reference) reads also tokenizer.json.
  LLAMA,
  /// Jamba's: the reference reads also tokenizer.json.
  JAMBA,
  OTHER,
  /// Gemma's: there is never one.
  GEMMA,
  /// The same of the first Gemma, for which the reference writes the end of a turn.
  GEMMA_1,
  /// Phi-3's: the reference reads added tokens from tokenizer.json, too.
  PHI,
  /// Nemotron's: the reference takes the first two tokens for padding and for what is unknown,
  /// whatever the files say.
  NEMOTRON,
  /// ERNIE's: tokenizer_config.json may say whether there is a space before a text, which is
  /// written behind all other keys.
  ERNIE,
  /// InternLM 2's: tokenizer.model says whether there is a space before a text, which is written
  /// behind the tokens. Pieces named `[UNUSED…` are unused.
  INTERNLM_2,
  /// InternLM 3's: tokenizer_config.json may say whether there is a space before a text, which is
  /// written behind the tokens.
  INTERNLM_3,
  /// XVERSE's: tokenizer.json holds the pieces, and the reference writes them without scores.
  XVERSE,
  /// Arctic's: tokenizer_config.json replaces tokens, and only those that it calls special are.
  ARCTIC,
  /// ChatGLM's: special tokens follow the pieces, which no file lists.
  CHATGLM;

  boolean isGemma() {
    return this == GEMMA || this == GEMMA_1;
  }

  boolean saysSpaceLast() {
    return isGemma() || this == ERNIE;
  }

  boolean saysSpaceAfterTokens() {
    return this == INTERNLM_2 || this == INTERNLM_3;
  }

  /// Whether the reference reads what tokenizer_config.json says about a space before a text.
  boolean readsSpace() {
    return this == LLAMA || this == ERNIE || this == INTERNLM_3;
  }

  /// Whether the reference takes the pieces of tokenizer.json where there is no tokenizer.model.
  boolean readsPieces() {
    return this == LLAMA || this == JAMBA;
  }

  /// Whether the reference reads the added tokens of tokenizer.json.
  boolean readsAll() {
    return this == PHI || this == INTERNLM_2;
  }
}

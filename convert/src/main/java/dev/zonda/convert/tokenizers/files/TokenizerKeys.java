package dev.zonda.convert.tokenizers.files;

/// The GGUF keys of a vocabulary, as ggml's `docs/gguf.md` and llama.cpp name them. The misspelt
/// one is misspelt there.
public final class TokenizerKeys {
  public static final String MODEL = "tokenizer.ggml.model";
  public static final String PRE = "tokenizer.ggml.pre";
  public static final String TOKENS = "tokenizer.ggml.tokens";
  public static final String SCORES = "tokenizer.ggml.scores";
  public static final String TOKEN_TYPE = "tokenizer.ggml.token_type";
  public static final String MERGES = "tokenizer.ggml.merges";
  public static final String BOS_ID = "tokenizer.ggml.bos_token_id";
  public static final String EOS_ID = "tokenizer.ggml.eos_token_id";
  public static final String EOT_ID = "tokenizer.ggml.eot_token_id";
  static final String EOM_ID = "tokenizer.ggml.eom_token_id";
  public static final String UNKNOWN_ID = "tokenizer.ggml.unknown_token_id";
  public static final String SEPARATOR_ID = "tokenizer.ggml.seperator_token_id";
  public static final String PADDING_ID = "tokenizer.ggml.padding_token_id";
  static final String MASK_ID = "tokenizer.ggml.mask_token_id";
  public static final String ADD_BOS = "tokenizer.ggml.add_bos_token";
  public static final String ADD_EOS = "tokenizer.ggml.add_eos_token";
  static final String ADD_SEP = "tokenizer.ggml.add_sep_token";
  public static final String ADD_SPACE_PREFIX = "tokenizer.ggml.add_space_prefix";
  static final String NORMALIZER_LOWERCASE = "tokenizer.ggml.normalizer.lowercase";
  static final String NORMALIZER_STRIP_ACCENTS = "tokenizer.ggml.normalizer.strip_accents";

  /// Whether text is brought to normalization form C. Not a key of llama.cpp, which never does;
  /// written only where it is not what the pre-tokenizer's name implies.
  public static final String NORMALIZER_NFC = "tokenizer.ggml.normalizer.nfc";

  /// Whether a word that is a token is taken as it is. Not a key of llama.cpp, which knows it by
  /// the name of the pre-tokenizer; written only where that is wrong and it matters.
  public static final String IGNORE_MERGES = "tokenizer.ggml.ignore_merges";

  /// Ids of tokens that include the white space before or after them. Not a key of llama.cpp.
  public static final String LEFT_STRIPPED = "tokenizer.ggml.lstrip_token_ids";

  public static final String RIGHT_STRIPPED = "tokenizer.ggml.rstrip_token_ids";

  /// Ids of added tokens that do not count inside a word. Not a key of llama.cpp.
  public static final String SINGLE_WORDS = "tokenizer.ggml.single_word_token_ids";

  /// Ids of added tokens that are looked for after the others. Not a key of llama.cpp; written only
  /// where those include white space, or leave some.
  public static final String NORMALIZED = "tokenizer.ggml.normalized_token_ids";

  /// Where a space is put that is not in the text, as the pre-tokenizer Metaspace calls it:
  /// `always` or `first`. Not a key of llama.cpp, which puts one before every piece between added
  /// tokens.
  public static final String PREPEND_SCHEME = "tokenizer.ggml.prepend_scheme";

  /// Whether text is cut before every space. Not a key of llama.cpp, which joins what it can.
  public static final String SPLITS_AT_SPACES = "tokenizer.ggml.split_at_spaces";

  /// Ids of the tokens before and after a document, where they are not just a BOS and an EOS. Not a
  /// key of llama.cpp.
  public static final String PREFIX = "tokenizer.ggml.document_prefix_token_ids";

  public static final String SUFFIX = "tokenizer.ggml.document_suffix_token_ids";

  public static final String CHAT_TEMPLATE = "tokenizer.chat_template";
  static final String CHAT_TEMPLATES = "tokenizer.chat_templates";

  private TokenizerKeys() {}
}

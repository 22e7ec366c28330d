package dev.zonda.convert.tokenizers.files;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.FormatException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The class by which transformers 5 loads a folder's tokenizer. Most read tokenizer.json as it
/// stands; some take only its vocabulary and merges and rebuild the rest.
public enum TokenizerClass {
  /// `TokenizersBackend`: tokenizer.json as it stands.
  FROM_FILE("TokenizersBackend"),
  LLAMA("LlamaTokenizer"),
  CODE_LLAMA("CodeLlamaTokenizer"),
  GEMMA("GemmaTokenizer"),
  QWEN2("Qwen2Tokenizer"),
  QWEN3_5("Qwen3_5Tokenizer"),
  GPT2("GPT2Tokenizer"),
  CODE_GEN("CodeGenTokenizer"),
  GPT_NEOX("GPTNeoXTokenizer"),
  COHERE("CohereTokenizer");

  private static final String END_OF_TEXT = "<|endoftext|>";

  /// The classes that transformers takes for a model type, whatever the folder says, unless the
  /// folder names another one that it knows.
  private static final Map<String, TokenizerClass> BY_MODEL_TYPE =
      Map.ofEntries(
          Map.entry("code_llama", CODE_LLAMA),
          Map.entry("cohere", COHERE),
          Map.entry("cohere2", COHERE),
          Map.entry("gemma", GEMMA),
          Map.entry("gemma2", GEMMA),
          Map.entry("gemma3", GEMMA),
          Map.entry("gemma3_text", GEMMA),
          Map.entry("gemma3n", GEMMA),
          Map.entry("gemma3n_text", GEMMA),
          Map.entry("gpt2", GPT2),
          Map.entry("gpt_neo", GPT2),
          Map.entry("gpt_neox", GPT_NEOX),
          Map.entry("mpt", GPT_NEOX),
          Map.entry("phi", GPT2),
          Map.entry("iquestcoder", FROM_FILE),
          Map.entry("llava", FROM_FILE),
          Map.entry("nemotron", FROM_FILE),
          Map.entry("stablelm", FROM_FILE),
          Map.entry("voxtral", FROM_FILE),
          Map.entry("starcoder2", GPT2),
          Map.entry("jais2", GPT2),
          Map.entry("gpt_bigcode", FROM_FILE),
          Map.entry("phimoe", FROM_FILE),
          Map.entry("olmo", GPT_NEOX),
          Map.entry("olmoe", GPT_NEOX),
          Map.entry("olmo2", FROM_FILE),
          Map.entry("olmo3", FROM_FILE),
          Map.entry("qwen2", QWEN2),
          Map.entry("qwen2_moe", QWEN2),
          Map.entry("qwen3", QWEN2),
          Map.entry("qwen3_moe", QWEN2),
          Map.entry("qwen3_5", QWEN3_5),
          Map.entry("qwen3_5_text", QWEN3_5),
          Map.entry("qwen3_5_moe", QWEN3_5),
          Map.entry("qwen3_5_moe_text", QWEN3_5),
          Map.entry("qwen3_next", QWEN2),
          Map.entry("granite", FROM_FILE),
          Map.entry("granitemoe", FROM_FILE),
          Map.entry("granitemoeshared", FROM_FILE),
          Map.entry("mistral", FROM_FILE),
          Map.entry("mistral3", FROM_FILE),
          Map.entry("ministral3", FROM_FILE),
          Map.entry("mixtral", FROM_FILE),
          Map.entry("phi3", FROM_FILE));

  /// Model types whose folders are known to name a wrong class.
  private static final Set<String> NAMED_WRONGLY =
      Set.of("phi3", "phimoe", "qwen2", "qwen3_5", "qwen3_5_moe", "qwen3_5_moe_text");

  private static final Set<String> MISTRAL = Set.of("mistral", "mistral3", "ministral3", "mixtral");

  private final String className;

  TokenizerClass(String className) {
    this.className = className;
  }

  public String className() {
    return className;
  }

  /// The tokens that have a role if the folder's files say nothing about it.
  Map<SpecialTokenKind, String> defaults() {
    return switch (this) {
      case FROM_FILE -> Map.of();
      case LLAMA, CODE_LLAMA ->
          Map.of(
              SpecialTokenKind.UNK, "<unk>",
              SpecialTokenKind.BOS, "<s>",
              SpecialTokenKind.EOS, "</s>");
      case GEMMA ->
          Map.of(
              SpecialTokenKind.UNK, "<unk>",
              SpecialTokenKind.BOS, "<bos>",
              SpecialTokenKind.EOS, "<eos>",
              SpecialTokenKind.PAD, "<pad>",
              SpecialTokenKind.MASK, "<mask>");
      case QWEN2, QWEN3_5 ->
          Map.of(
              SpecialTokenKind.UNK, END_OF_TEXT,
              SpecialTokenKind.EOS, END_OF_TEXT,
              SpecialTokenKind.PAD, END_OF_TEXT);
      case GPT2, CODE_GEN ->
          Map.of(
              SpecialTokenKind.UNK, END_OF_TEXT,
              SpecialTokenKind.BOS, END_OF_TEXT,
              SpecialTokenKind.EOS, END_OF_TEXT);
      case COHERE ->
          Map.of(
              SpecialTokenKind.UNK, "<UNK>",
              SpecialTokenKind.BOS, "<BOS_TOKEN>",
              SpecialTokenKind.EOS, "<|END_OF_TURN_TOKEN|>",
              SpecialTokenKind.PAD, "<PAD>",
              SpecialTokenKind.CLS, "<CLS>",
              SpecialTokenKind.SEP, "<SEP>",
              SpecialTokenKind.MASK, "<MASK_TOKEN>");
      case GPT_NEOX ->
          Map.of(
              SpecialTokenKind.UNK, END_OF_TEXT,
              SpecialTokenKind.BOS, END_OF_TEXT,
              SpecialTokenKind.EOS, END_OF_TEXT,
              SpecialTokenKind.PAD, "<|padding|>");
    };
  }

  /// Whether it rebuilds normalizer, pre-tokenizer and added tokens, whatever tokenizer.json says.
  public boolean rebuilds() {
    return this != FROM_FILE;
  }

  /// The class that `AutoTokenizer` takes, without code from the folder and without Mistral's own
  /// library.
  public static TokenizerClass of(TokenizerFiles files) throws IOException {
    Optional<String> own = Optional.empty();
    if (files.tokenizerConfig().isPresent()) {
      own = files.tokenizerConfig().get().text("tokenizer_class");
    }
    Optional<String> named = own.isPresent() ? own : files.config().text("tokenizer_class");
    String modelType = files.config().text("model_type").orElse("");
    Optional<TokenizerClass> ofModel = Optional.ofNullable(BY_MODEL_TYPE.get(modelType));
    if (named.isEmpty()) {
      return ofModel.orElse(FROM_FILE);
    }
    TokenizerClass ofName = named(named.get());
    boolean isMisnamed =
        ofName == LLAMA
            && !MISTRAL.contains(modelType)
            && !NAMED_WRONGLY.contains(modelType)
            && isByteLevel(files);
    if (isMisnamed) {
      return FROM_FILE;
    }
    if (ofModel.isEmpty() || ofModel.get().className.equals(stem(named.get()))) {
      return ofName;
    }
    if (ofModel.get() == FROM_FILE) {
      return FROM_FILE;
    }
    return NAMED_WRONGLY.contains(modelType) ? ofModel.get() : ofName;
  }

  private static TokenizerClass named(String name) {
    for (TokenizerClass one : values()) {
      if (one.className.equals(stem(name))) {
        return one;
      }
    }
    return FROM_FILE;
  }

  private static String stem(String name) {
    return name.endsWith("Fast") ? name.substring(0, name.length() - "Fast".length()) : name;
  }

  /// Whether tokenizer.json works on bytes.
  public static boolean isByteLevel(TokenizerFiles files) throws IOException {
    if (files.tokenizer().isEmpty()) {
      return false;
    }
    JsonFields tokenizer = files.tokenizerFields().orElseThrow();
    return mentions(tokenizer, List.of("pre_tokenizer", "decoder", "post_processor"));
  }

  private static boolean mentions(JsonFields tokenizer, List<String> parts) throws FormatException {
    for (String part : parts) {
      if (tokenizer.get(part).isPresent()
          && tokenizer.get(part).get().toString().contains("\"ByteLevel\"")) {
        return true;
      }
    }
    return false;
  }
}

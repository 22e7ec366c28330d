package dev.zonda.convert.tokenizers.words;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A way to cut text into words before byte pairs are merged that GGUF has a name for
/// (`tokenizer.ggml.pre`), with its definition: what the `tokenizer.json` of its models says.
///
/// @param ggufName its name in a GGUF file
/// @param traits what the name means besides
/// @param steps how text is cut
public record PreTokenizer(String ggufName, Set<Trait> traits, List<WordStep> steps) {
  /// What a name means besides its steps.
  public enum Trait {
    /// Text is brought to normalization form C first.
    COMPOSED,
    /// A word that is a token is not merged from its parts (`ignore_merges`).
    WHOLE_WORDS,
    /// Characters are merged as they are, and those without a token become bytes: SentencePiece's
    /// pieces with merges.
    PIECES,
    /// A document begins with a BOS if the file does not say otherwise.
    BEGINS
  }

  private static final List<WordStep> GPT2_STEPS =
      List.of(WordStep.split(WordPatterns.GPT2), WordStep.BYTES);
  private static final List<WordStep> LLAMA3_STEPS =
      List.of(WordStep.split(WordPatterns.LLAMA3), WordStep.BYTES);
  private static final List<WordStep> QWEN2_STEPS =
      List.of(WordStep.split(WordPatterns.QWEN2), WordStep.BYTES);
  private static final List<WordStep> GPT4O_STEPS =
      List.of(WordStep.split(WordPatterns.GPT4O), WordStep.BYTES);
  private static final List<WordStep> DEEPSEEK3_STEPS =
      List.of(
          WordStep.split("\\p{N}{1,3}"),
          WordStep.split(WordPatterns.DEEPSEEK_CJK),
          WordStep.split(WordPatterns.DEEPSEEK_WORDS),
          WordStep.BYTES);
  private static final List<WordStep> STARCODER_STEPS =
      List.of(WordStep.DIGIT, WordStep.split(WordPatterns.GPT2), WordStep.BYTES);

  private static final List<WordStep> BAILINGMOE_STEPS =
      List.of(WordStep.split(WordPatterns.BAILINGMOE), WordStep.BYTES);

  private static final List<WordStep> TINY_AYA_STEPS =
      List.of(
          WordStep.split(WordPatterns.PLACES), WordStep.split(WordPatterns.GPT4O), WordStep.BYTES);

  public static final PreTokenizer GPT2 = of("gpt-2", GPT2_STEPS);
  public static final PreTokenizer HUNYUAN = of("hunyuan", QWEN2_STEPS, Trait.COMPOSED);
  public static final PreTokenizer HUNYUAN_DENSE = of("hunyuan-dense", DEEPSEEK3_STEPS);
  public static final PreTokenizer MPT = of("mpt", GPT2_STEPS, Trait.COMPOSED);
  public static final PreTokenizer QWEN2 = of("qwen2", QWEN2_STEPS, Trait.COMPOSED);
  public static final PreTokenizer QWEN3_5 =
      of("qwen35", List.of(WordStep.split(WordPatterns.QWEN35), WordStep.BYTES), Trait.COMPOSED);
  public static final PreTokenizer PHI2 = of("phi-2", GPT2_STEPS);
  public static final PreTokenizer STARCODER = of("starcoder", STARCODER_STEPS);
  public static final PreTokenizer REFACT = of("refact", STARCODER_STEPS);
  public static final PreTokenizer SMOLLM = of("smollm", STARCODER_STEPS);
  public static final PreTokenizer MELLUM2 = of("mellum2", STARCODER_STEPS);
  public static final PreTokenizer STABLELM2 = of("stablelm2", QWEN2_STEPS);
  public static final PreTokenizer GROK_2 = of("grok-2", QWEN2_STEPS);
  public static final PreTokenizer SOLAR_OPEN = of("solar-open", QWEN2_STEPS);
  public static final PreTokenizer CODESHELL = of("codeshell", STARCODER_STEPS);
  public static final PreTokenizer JAIS = of("jais", GPT2_STEPS);
  public static final PreTokenizer COMMAND_R = of("command-r", STARCODER_STEPS, Trait.COMPOSED);
  public static final PreTokenizer SARVAM_MOE =
      of("sarvam-moe", List.of(WordStep.SIGNS), Trait.PIECES);
  public static final PreTokenizer COHERE_2_MOE = of("cohere2moe", TINY_AYA_STEPS);
  public static final PreTokenizer DBRX = of("dbrx", LLAMA3_STEPS);
  public static final PreTokenizer JAIS2 =
      of("jais-2", List.of(WordStep.split(WordPatterns.JAIS2), WordStep.BYTES));
  public static final PreTokenizer LLAMA4 = of("llama4", GPT4O_STEPS);
  public static final PreTokenizer EXAONE = of("exaone", STARCODER_STEPS);
  public static final PreTokenizer EXAONE_4 = of("exaone4", GPT2_STEPS);
  public static final PreTokenizer MINIMAX_M2 = of("minimax-m2", GPT4O_STEPS);
  public static final PreTokenizer GLM_4 = of("glm4", LLAMA3_STEPS, Trait.WHOLE_WORDS);
  public static final PreTokenizer LFM2 = of("lfm2", LLAMA3_STEPS, Trait.WHOLE_WORDS, Trait.BEGINS);
  public static final PreTokenizer FALCON_H1 =
      of("falcon-h1", LLAMA3_STEPS, Trait.WHOLE_WORDS, Trait.BEGINS);
  public static final PreTokenizer BAILINGMOE2 = of("bailingmoe2", BAILINGMOE_STEPS);
  public static final PreTokenizer TEKKEN =
      of(
          "tekken",
          List.of(WordStep.split(WordPatterns.TEKKEN), WordStep.BYTES),
          Trait.WHOLE_WORDS,
          Trait.BEGINS);

  /// All of them. Of several with the same steps and traits, a vocabulary gets the first; a new one
  /// is an entry here.
  public static final List<PreTokenizer> ALL =
      List.of(
          GPT2,
          PHI2,
          JAIS,
          of("olmo", GPT2_STEPS, Trait.COMPOSED),
          MPT,
          of("llama-bpe", LLAMA3_STEPS, Trait.WHOLE_WORDS, Trait.BEGINS),
          LFM2,
          FALCON_H1,
          of("smaug-bpe", LLAMA3_STEPS),
          DBRX,
          of("chatglm-bpe", LLAMA3_STEPS),
          GLM_4,
          QWEN2,
          of("deepseek-r1-qwen", QWEN2_STEPS),
          HUNYUAN,
          STABLELM2,
          SOLAR_OPEN,
          GROK_2,
          QWEN3_5,
          TEKKEN,
          JAIS2,
          of("gpt-4o", GPT4O_STEPS),
          LLAMA4,
          MINIMAX_M2,
          of(
              "deepseek-llm",
              List.of(
                  WordStep.split(WordPatterns.LINE_BREAK),
                  WordStep.split(WordPatterns.CASED_LETTERS),
                  WordStep.split(WordPatterns.WIDE_PUNCTUATION),
                  WordStep.split(WordPatterns.TRAILING_SPACE),
                  WordStep.split(WordPatterns.CJK),
                  WordStep.DIGIT,
                  WordStep.BYTES)),
          of(
              "deepseek-coder",
              List.of(
                  WordStep.split(WordPatterns.LINE_BREAK),
                  WordStep.split("\\s?\\p{L}+"),
                  WordStep.split("\\s?\\p{P}+"),
                  WordStep.split(WordPatterns.CJK),
                  WordStep.DIGIT,
                  WordStep.BYTES)),
          of("deepseek-v3", DEEPSEEK3_STEPS),
          HUNYUAN_DENSE,
          of(
              "falcon",
              List.of(
                  WordStep.PUNCTUATION,
                  WordStep.split(WordPatterns.GPT2),
                  WordStep.BYTES,
                  WordStep.DIGITS,
                  WordStep.split(WordPatterns.THREE_DIGITS))),
          STARCODER,
          REFACT,
          CODESHELL,
          EXAONE,
          EXAONE_4,
          COMMAND_R,
          SMOLLM,
          MELLUM2,
          of("bloom", List.of(WordStep.split(WordPatterns.BLOOM), WordStep.BYTES)),
          of("viking", List.of(WordStep.split(WordPatterns.BLOOM), WordStep.DIGIT, WordStep.BYTES)),
          of("tiny_aya", TINY_AYA_STEPS),
          COHERE_2_MOE,
          of("kimi-k2", List.of(WordStep.split(WordPatterns.KIMI_K2), WordStep.BYTES)),
          of(
              "youtu",
              List.of(
                  WordStep.split(WordPatterns.YOUTU_SCRIPTS),
                  WordStep.split(WordPatterns.YOUTU_WORDS),
                  WordStep.BYTES),
              Trait.WHOLE_WORDS),
          of("seed-coder", List.of(WordStep.split(WordPatterns.SEED_CODER), WordStep.BYTES)),
          of("exaone-moe", List.of(WordStep.split(WordPatterns.EXAONE_MOE), WordStep.BYTES)),
          of("bailingmoe", BAILINGMOE_STEPS),
          of(
              "laguna",
              List.of(
                  WordStep.split(WordPatterns.LINES),
                  WordStep.split(WordPatterns.QWEN2),
                  WordStep.BYTES)),
          of(
              "afmoe",
              List.of(
                  WordStep.split(WordPatterns.PLACES),
                  WordStep.split(WordPatterns.UNSPACED),
                  WordStep.split(WordPatterns.DEEPSEEK_WORDS),
                  WordStep.BYTES)),
          BAILINGMOE2,
          SARVAM_MOE,
          of(
              "default",
              List.of(
                  WordStep.split("[\\p{P}\\$\\+<=>\\^~\\|]+"),
                  WordStep.split(WordPatterns.GPT2),
                  WordStep.split("\\p{N}+"),
                  WordStep.split(WordPatterns.THREE_DIGITS),
                  WordStep.BYTES)));

  public PreTokenizer {
    traits = Set.copyOf(traits);
    steps = List.copyOf(steps);
  }

  private static PreTokenizer of(String ggufName, List<WordStep> steps, Trait... traits) {
    return new PreTokenizer(ggufName, Set.of(traits), steps);
  }

  public boolean has(Trait trait) {
    return traits.contains(trait);
  }

  /// The one of a name in a GGUF file. Names of models whose text is cut in the same way as that of
  /// others are known, too.
  public static Optional<PreTokenizer> named(String name) {
    String main =
        switch (name) {
          case "llama3", "llama-v3", "falcon3", "pixtral", "midm-2.0" -> "llama-bpe";
          case "glm5" -> "glm4";
          case "gigachat",
              "mellum",
              "a.x-4.0",
              "trillion",
              "modern-bert",
              "jina-es",
              "jina-de",
              "jina-v2-es",
              "jina-v2-de",
              "granite-docling" ->
              "gpt-2";
          case "kormo", "f2llmv2", "megrez" -> "qwen2";
          case "kanana2", "talkie" -> "gpt-4o";
          case "joyai-llm", "hy_v4" -> "deepseek-v3";
          case "minerva-7b" -> "starcoder";
          case "poro-chat", "gpt3-finnish" -> "bloom";
          case "llada-moe" -> "bailingmoe";
          default -> name;
        };
    return ALL.stream().filter(one -> one.ggufName.equals(main)).findFirst();
  }
}

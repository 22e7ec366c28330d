package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.tokenizers.files.TokenizerClass;
import dev.zonda.convert.tokenizers.words.PreTokenizer;
import dev.zonda.convert.tokenizers.words.WordPatterns;
import dev.zonda.convert.tokenizers.words.WordStep;
import dev.zonda.formats.FormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// How a `tokenizer.json` normalizes text and cuts it into words, in one spelling of the many that
/// mean the same. Added tokens play no part in it, nor does the vocabulary.
final class PreTokenizerDefinition {
  private static final String ISOLATED = "Isolated";

  private final List<String> steps = new ArrayList<>();
  private boolean composes;
  private Optional<Boolean> wholeWords = Optional.empty();

  private PreTokenizerDefinition() {}

  static PreTokenizerDefinition of(JsonFields tokenizer) throws FormatException {
    PreTokenizerDefinition definition = new PreTokenizerDefinition();
    if (SpaceScheme.of(tokenizer).equals(Optional.of(SpaceScheme.SIGNS))) {
      definition.steps.add(WordStep.SIGNS.definition());
    } else {
      definition.addSteps(tokenizer);
    }
    Optional<JsonFields> model = tokenizer.object("model");
    if (model.isPresent()) {
      definition.wholeWords = model.get().bool("ignore_merges");
    }
    return definition;
  }

  private void addSteps(JsonFields tokenizer) throws FormatException {
    for (JsonFields normalizer : SpaceScheme.flat(tokenizer.object("normalizer"), "normalizers")) {
      addNormalizer(normalizer.text("type").orElse("?"));
    }
    for (JsonFields step : SpaceScheme.flat(tokenizer.object("pre_tokenizer"), "pretokenizers")) {
      addStep(step);
    }
  }

  /// What a class of transformers does, whatever the file says; empty if it does what that says.
  static Optional<PreTokenizerDefinition> of(TokenizerClass loader) {
    return switch (loader) {
      case FROM_FILE, LLAMA, CODE_LLAMA, GEMMA -> Optional.empty();
      case QWEN2 -> Optional.of(of(PreTokenizer.QWEN2));
      case QWEN3_5 -> Optional.of(of(PreTokenizer.QWEN3_5));
      case GPT2, CODE_GEN -> Optional.of(of(PreTokenizer.GPT2));
      case GPT_NEOX -> Optional.of(of(PreTokenizer.MPT));
      case COHERE -> Optional.of(of(PreTokenizer.COMMAND_R));
    };
  }

  private static PreTokenizerDefinition of(PreTokenizer one) {
    PreTokenizerDefinition definition = new PreTokenizerDefinition();
    definition.composes = one.has(PreTokenizer.Trait.COMPOSED);
    one.steps().forEach(step -> definition.steps.add(step.definition()));
    return definition;
  }

  /// This definition, if another pre-tokenizer cuts text differently.
  Optional<String> unlike(PreTokenizer other) {
    return isSameAs(other) ? Optional.empty() : Optional.of(toString());
  }

  /// The pre-tokenizer that published models of a family have, if this is it. Some have a name of
  /// their own for what others do, too.
  ///
  /// @param architecture GGUF's name of the family
  Optional<PreTokenizer> ofFamily(String architecture) {
    Optional<PreTokenizer> own =
        switch (architecture) {
          case "dbrx" -> Optional.of(PreTokenizer.DBRX);
          case "mpt" -> Optional.of(PreTokenizer.MPT);
          case "llama4" -> Optional.of(PreTokenizer.LLAMA4);
          case "exaone" -> Optional.of(PreTokenizer.EXAONE);
          case "exaone4" -> Optional.of(PreTokenizer.EXAONE_4);
          case "hunyuan-dense", "hunyuan_vl", "hy_v3" -> Optional.of(PreTokenizer.HUNYUAN_DENSE);
          case "hunyuan-moe" -> Optional.of(PreTokenizer.HUNYUAN);
          case "glm4" -> Optional.of(PreTokenizer.GLM_4);
          case "glm4moe" ->
              Optional.of(
                  isSameAs(PreTokenizer.GLM_4) ? PreTokenizer.GLM_4 : PreTokenizer.SOLAR_OPEN);
          case "grok" -> Optional.of(PreTokenizer.GROK_2);
          case "minimax-m2" -> Optional.of(PreTokenizer.MINIMAX_M2);
          case "phi2" -> Optional.of(PreTokenizer.PHI2);
          case "starcoder2" -> Optional.of(PreTokenizer.STARCODER);
          case "starcoder", "refact" -> Optional.of(PreTokenizer.REFACT);
          case "llama" -> Optional.of(PreTokenizer.SMOLLM);
          case "mellum" -> Optional.of(PreTokenizer.MELLUM2);
          case "stablelm" -> Optional.of(PreTokenizer.STABLELM2);
          case "codeshell" -> Optional.of(PreTokenizer.CODESHELL);
          case "jais" -> Optional.of(PreTokenizer.JAIS);
          case "granite", "granitemoe", "granite_swa" ->
              Optional.of(isSameAs(PreTokenizer.DBRX) ? PreTokenizer.DBRX : PreTokenizer.REFACT);
          // Bamba has Llama 3's vocabulary, whose whole words need no merges.
          case "granitehybrid" ->
              Optional.of(PreTokenizer.DBRX).filter(_ -> !wholeWords.orElse(false));
          case "olmo2" -> Optional.of(PreTokenizer.DBRX);
          case "jais2" -> Optional.of(PreTokenizer.JAIS2);
          case "falcon-h1" -> Optional.of(PreTokenizer.FALCON_H1);
          case "lfm2", "lfm2moe" -> Optional.of(PreTokenizer.LFM2);
          case "cohere2moe" -> Optional.of(PreTokenizer.COHERE_2_MOE);
          case "bailingmoe2" -> Optional.of(PreTokenizer.BAILINGMOE2);
          default -> Optional.empty();
        };
    return own.filter(this::isSameAs);
  }

  /// @param architecture GGUF's name of the model's family
  Optional<PreTokenizer> recognize(String architecture) {
    Optional<PreTokenizer> own = ofFamily(architecture);
    if (own.isPresent()) {
      return own;
    }
    List<PreTokenizer> same = PreTokenizer.ALL.stream().filter(this::isSameAs).toList();
    Optional<PreTokenizer> best =
        same.stream().filter(this::composesAs).filter(this::mergesAs).findFirst();
    return best.or(() -> same.stream().filter(this::composesAs).findFirst())
        .or(() -> same.stream().findFirst());
  }

  /// llama.cpp's converter knows a pre-tokenizer by the ids of a text, with a BOS if there is one.
  /// Without it, one of those counts that cut text alike and mean none.
  ///
  /// @param found what this is
  PreTokenizer unbegun(PreTokenizer found) {
    if (!found.has(PreTokenizer.Trait.BEGINS)) {
      return found;
    }
    return PreTokenizer.ALL.stream()
        .filter(this::isSameAs)
        .filter(other -> !other.has(PreTokenizer.Trait.BEGINS))
        .findFirst()
        .orElse(found);
  }

  private boolean composesAs(PreTokenizer other) {
    return other.has(PreTokenizer.Trait.COMPOSED) == composes;
  }

  /// Files of older tools do not say how they merge; then the names' own way is taken.
  private boolean mergesAs(PreTokenizer other) {
    return wholeWords.isEmpty() || other.has(PreTokenizer.Trait.WHOLE_WORDS) == wholeWords.get();
  }

  /// Whether text is brought to normalization form C.
  boolean composes() {
    return composes;
  }

  /// Whether words that are tokens are taken as a whole; not, where the file does not say it.
  boolean takesWholeWords() {
    return wholeWords.orElse(false);
  }

  @Override
  public String toString() {
    return (composes ? "NFC, then " : "") + String.join(", then ", steps);
  }

  private boolean isSameAs(PreTokenizer other) {
    return other.steps().stream().map(WordStep::definition).toList().equals(steps);
  }

  private void addNormalizer(String type) {
    if (type.equals("NFC")) {
      composes = true;
    } else {
      steps.add("normalizer " + type);
    }
  }

  private void addStep(JsonFields step) throws FormatException {
    String type = step.text("type").orElse("?");
    switch (type) {
      case "ByteLevel" -> {
        if (step.bool("add_prefix_space").orElse(true)) {
          steps.add("a space before the text");
        }
        if (step.bool("use_regex").orElse(true)) {
          steps.add("split " + WordPatterns.GPT2);
        }
        steps.add(WordStep.BYTES.definition());
      }
      case "Digits" ->
          steps.add(
              step.bool("individual_digits").orElse(false)
                  ? WordStep.DIGIT.definition()
                  : WordStep.DIGITS.definition());
      case "Punctuation" ->
          steps.add(
              step.text("behavior").orElse(ISOLATED).equals("Contiguous")
                  ? WordStep.PUNCTUATION.definition()
                  : "punctuation " + step.text("behavior").orElse(ISOLATED));
      case "Split" -> addSplit(step);
      default -> steps.add(type);
    }
  }

  private void addSplit(JsonFields step) throws FormatException {
    Optional<JsonFields> pattern = step.object("pattern");
    Optional<String> regex = pattern.isPresent() ? pattern.get().text("Regex") : Optional.empty();
    if (regex.isEmpty()) {
      steps.add("split by " + (pattern.isPresent() ? pattern.get().node() : "nothing"));
      return;
    }
    String behavior = step.text("behavior").orElse("?");
    boolean inverted = step.bool("invert").orElse(false);
    // Where a pattern covers all text, nothing is between the matches that could be removed.
    boolean isolates = behavior.equals(ISOLATED) || (behavior.equals("Removed") && inverted);
    steps.add((isolates ? "split " : behavior + " ") + WordPatterns.canonical(regex.get()));
  }
}

package dev.zonda.quantize;

import static dev.zonda.formats.TensorType.IQ2_S;
import static dev.zonda.formats.TensorType.IQ2_XXS;
import static dev.zonda.formats.TensorType.IQ3_S;
import static dev.zonda.formats.TensorType.IQ3_XXS;
import static dev.zonda.formats.TensorType.Q2_K;
import static dev.zonda.formats.TensorType.Q3_K;
import static dev.zonda.formats.TensorType.Q4_1;
import static dev.zonda.formats.TensorType.Q4_K;
import static dev.zonda.formats.TensorType.Q5_1;
import static dev.zonda.formats.TensorType.Q5_K;
import static dev.zonda.formats.TensorType.Q6_K;
import static dev.zonda.formats.TensorType.Q8_0;

import dev.zonda.formats.TensorType;
import dev.zonda.quantize.Mixture.Condition;
import dev.zonda.quantize.Mixture.Rule;
import java.util.List;

/// The rules of the mixtures, as llama-quantize has them: the first line that applies decides, and
/// if none does, the tensor gets the file type's default type.
final class MixtureTable {
  private static final Condition ALWAYS = (place, facts) -> true;
  private static final Condition FALCON = (place, facts) -> facts.isFalcon();
  private static final Condition EIGHT_EXPERTS = (place, facts) -> facts.experts() == 8;
  private static final Condition FOUR_EXPERTS = (place, facts) -> facts.experts() >= 4;
  private static final Condition SHARED_BY_FOUR = (place, facts) -> facts.queriesPerValue() >= 4;
  private static final Condition WEIGHTED =
      (place, facts) -> facts.importance() == ModelFacts.Weighting.GIVEN;
  private static final Condition UNWEIGHTED = WEIGHTED.not();
  private static final Condition FIRST_EIGHTH = (place, facts) -> place.amongFirst(8);
  private static final Condition FIRST_SIXTEENTH = (place, facts) -> place.amongFirst(16);
  private static final Condition MIDDLE = (place, facts) -> place.inMiddle();
  private static final Condition MORE_BITS = (place, facts) -> place.deservesMoreBits();
  private static final Condition NOT_FALCON = FALCON.not();

  /// The rules that come first for the usual file types.
  static final List<Rule> USUAL = List.of(value(EIGHT_EXPERTS, Q8_0), key(EIGHT_EXPERTS, Q8_0));

  /// The rules that come first for the file types below three bits.
  static final List<Rule> VERY_LOW_BIT =
      List.of(
          value(SHARED_BY_FOUR.or(FOUR_EXPERTS), Q4_K),
          key(EIGHT_EXPERTS, Q4_K),
          attentionOutput(EIGHT_EXPERTS, Q5_K));

  private static final Rule EXPERTS_ATTENTION_OUTPUT =
      attentionOutput(EIGHT_EXPERTS.and(NOT_FALCON), Q5_K);

  private MixtureTable() {}

  static List<Rule> rules(FileType fileType) {
    return switch (fileType) {
      case Q4_0 -> List.of(down(WEIGHTED.and(FIRST_EIGHTH), Q4_1));
      case Q5_0 -> List.of(down(WEIGHTED.and(FIRST_EIGHTH), Q5_1));
      case Q2_K ->
          List.of(
              value(SHARED_BY_FOUR, Q4_K),
              value(ALWAYS, Q3_K),
              down(ALWAYS, Q3_K),
              EXPERTS_ATTENTION_OUTPUT,
              attentionOutput(NOT_FALCON, Q3_K));
      case Q2_K_S -> List.of(value(SHARED_BY_FOUR, Q4_K), down(FIRST_EIGHTH, Q4_K));
      case Q3_K_S -> List.of(EXPERTS_ATTENTION_OUTPUT);
      case Q3_K_M ->
          List.of(
              value(first(2), Q5_K),
              value(ALWAYS, Q4_K),
              down(FIRST_SIXTEENTH, Q5_K),
              down(NOT_FALCON.or(MORE_BITS), Q4_K),
              EXPERTS_ATTENTION_OUTPUT,
              attentionOutput(NOT_FALCON, Q4_K));
      case Q3_K_L ->
          List.of(
              value(ALWAYS, Q5_K),
              down(FALCON, Q4_K),
              down(ALWAYS, Q5_K),
              attentionOutput(FALCON, Q4_K),
              attentionOutput(EIGHT_EXPERTS.not(), Q5_K));
      case Q4_K_S ->
          List.of(
              value(first(4), Q5_K),
              down(NOT_FALCON.and(FIRST_EIGHTH), Q5_K),
              EXPERTS_ATTENTION_OUTPUT);
      case Q4_K_M ->
          List.of(
              value(MORE_BITS, Q6_K),
              down(FALCON.and(FIRST_SIXTEENTH), Q6_K),
              down(FALCON.and(MORE_BITS), Q5_K),
              down(NOT_FALCON.and(MORE_BITS), Q6_K),
              EXPERTS_ATTENTION_OUTPUT);
      case Q5_K_M -> List.of(value(MORE_BITS, Q6_K), down(MORE_BITS, Q6_K));
      case IQ1_S, IQ1_M ->
          List.of(
              embedding(Q2_K),
              value(ALWAYS, Q2_K),
              down(FIRST_EIGHTH, Q2_K),
              attentionOutput(ALWAYS, IQ2_XXS));
      case IQ2_XXS, IQ2_XS ->
          List.of(embedding(Q2_K), value(ALWAYS, Q2_K), down(FIRST_EIGHTH, Q2_K));
      case IQ2_S, IQ2_M ->
          List.of(
              embedding(IQ3_S),
              value(ALWAYS, IQ3_S),
              down(FIRST_EIGHTH, IQ3_S),
              attentionOutput(ALWAYS, IQ3_S));
      case IQ3_XXS ->
          List.of(
              embedding(IQ3_S),
              value(SHARED_BY_FOUR, Q4_K),
              value(UNWEIGHTED, IQ3_S),
              key(ALWAYS, IQ2_S),
              query(ALWAYS, IQ2_S),
              down(UNWEIGHTED.and(FIRST_EIGHTH), Q4_K),
              down(UNWEIGHTED, Q3_K),
              EXPERTS_ATTENTION_OUTPUT,
              attentionOutput(NOT_FALCON, IQ3_S));
      case IQ3_XS ->
          List.of(
              value(SHARED_BY_FOUR, Q4_K),
              key(ALWAYS, IQ3_XXS),
              query(ALWAYS, IQ3_XXS),
              gate(MIDDLE, IQ3_XXS),
              up(MIDDLE, IQ3_XXS),
              EXPERTS_ATTENTION_OUTPUT);
      case IQ3_S -> List.of(value(SHARED_BY_FOUR, Q4_K), EXPERTS_ATTENTION_OUTPUT);
      case IQ3_M ->
          List.of(
              value(ALWAYS, Q4_K),
              down(FIRST_EIGHTH.or(EIGHT_EXPERTS.and(MORE_BITS)), Q4_K),
              EXPERTS_ATTENTION_OUTPUT,
              attentionOutput(NOT_FALCON, Q4_K));
      case IQ4_NL, IQ4_XS ->
          List.of(
              value(SHARED_BY_FOUR, Q5_K),
              down(UNWEIGHTED.and(FIRST_EIGHTH), Q5_K),
              EXPERTS_ATTENTION_OUTPUT);
      case TQ1_0, TQ2_0, Q2_0 -> List.of(embedding(Q4_K));
      case COPY, F32, F16, BF16, Q8_0, Q4_1, Q5_1, Q5_K_S, Q6_K, MXFP4_MOE, Q1_0 -> List.of();
    };
  }

  private static Condition first(int tensors) {
    return (place, facts) -> place.ordinal() < tensors;
  }

  private static Rule embedding(TensorType type) {
    return new Rule(TensorRole.TOKEN_EMBEDDING, ALWAYS, type);
  }

  private static Rule value(Condition condition, TensorType type) {
    return new Rule(TensorRole.ATTENTION_VALUE, condition, type);
  }

  private static Rule key(Condition condition, TensorType type) {
    return new Rule(TensorRole.ATTENTION_KEY, condition, type);
  }

  private static Rule query(Condition condition, TensorType type) {
    return new Rule(TensorRole.ATTENTION_QUERY, condition, type);
  }

  private static Rule attentionOutput(Condition condition, TensorType type) {
    return new Rule(TensorRole.ATTENTION_OUTPUT, condition, type);
  }

  private static Rule up(Condition condition, TensorType type) {
    return new Rule(TensorRole.FFN_UP, condition, type);
  }

  private static Rule gate(Condition condition, TensorType type) {
    return new Rule(TensorRole.FFN_GATE, condition, type);
  }

  private static Rule down(Condition condition, TensorType type) {
    return new Rule(TensorRole.FFN_DOWN, condition, type);
  }
}

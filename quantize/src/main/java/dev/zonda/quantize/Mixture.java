package dev.zonda.quantize;

import dev.zonda.formats.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Which type a tensor gets in a file of a given [FileType], before its shape is considered: the
/// choice that llama-quantize makes. The rules themselves are data, in [MixtureTable].
final class Mixture {
  /// The file types below three bits, which follow rules of their own.
  private static final Set<FileType> VERY_LOW_BIT =
      Set.of(
          FileType.IQ1_S,
          FileType.IQ1_M,
          FileType.IQ2_XXS,
          FileType.IQ2_XS,
          FileType.IQ2_S,
          FileType.IQ2_M);

  private Mixture() {}

  /// A line of the table: tensors of this role in this situation get this type.
  record Rule(TensorRole role, Condition condition, TensorType type) {
    boolean applies(TensorPlace place, ModelFacts facts) {
      return role == place.role() && condition.holds(place, facts);
    }
  }

  /// When a rule applies.
  @FunctionalInterface
  interface Condition {
    boolean holds(TensorPlace place, ModelFacts facts);

    default Condition and(Condition other) {
      return (place, facts) -> holds(place, facts) && other.holds(place, facts);
    }

    default Condition or(Condition other) {
      return (place, facts) -> holds(place, facts) || other.holds(place, facts);
    }

    default Condition not() {
      return (place, facts) -> !holds(place, facts);
    }
  }

  /// Whether layers are told apart by the number in the tensor's name if there are experts. The
  /// file types below three bits count tensors instead.
  static boolean readsLayerNumbers(FileType fileType) {
    return !VERY_LOW_BIT.contains(fileType);
  }

  /// The type of one tensor. A pure function: the place carries what depends on the tensors before.
  static TensorType typeFor(FileType fileType, TensorPlace place, ModelFacts facts) {
    if (facts.isOutput(place.role())) {
      return outputType(fileType, place, facts);
    }
    if (fileType == FileType.MXFP4_MOE) {
      return isExpertStack(place, facts) ? TensorType.MXFP4 : TensorType.Q8_0;
    }
    TensorType chosen =
        firstMatch(
                VERY_LOW_BIT.contains(fileType) ? MixtureTable.VERY_LOW_BIT : MixtureTable.USUAL,
                place,
                facts)
            .or(() -> firstMatch(MixtureTable.rules(fileType), place, facts))
            .orElse(fileType.defaultType());
    boolean cheapToImprove =
        place.role() == TensorRole.ATTENTION_VALUE
            && facts.sharesValuesWidely()
            && !VERY_LOW_BIT.contains(fileType);
    return cheapToImprove && (chosen == TensorType.Q3_K || chosen == TensorType.Q4_K)
        ? TensorType.Q5_K
        : chosen;
  }

  private static Optional<TensorType> firstMatch(
      List<Rule> rules, TensorPlace place, ModelFacts facts) {
    return rules.stream().filter(rule -> rule.applies(place, facts)).map(Rule::type).findFirst();
  }

  /// The last matrix of the network, which turns states into logits, is worth six bits and more.
  private static TensorType outputType(FileType fileType, TensorPlace place, ModelFacts facts) {
    TensorType usual = fileType.defaultType();
    boolean fits = place.shape().rowLength() % usual.blockSize() == 0;
    if (fileType == FileType.MXFP4_MOE || usual == TensorType.Q8_0 || facts.isFalcon() || !fits) {
      return TensorType.Q8_0;
    }
    return VERY_LOW_BIT.contains(fileType) || fileType == FileType.IQ3_XXS
        ? TensorType.Q5_K
        : TensorType.Q6_K;
  }

  /// In one architecture the attention projections are stacks too.
  private static boolean isExpertStack(TensorPlace place, ModelFacts facts) {
    return place.isStack()
        && (place.role().isFeedForward() || !facts.architecture().equals("bailingmoe3"));
  }
}

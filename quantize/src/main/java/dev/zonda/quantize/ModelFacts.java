package dev.zonda.quantize;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.List;
import java.util.OptionalLong;

/// What the [Mixture] knows of a model as a whole.
///
/// @param architecture `general.architecture`
/// @param layers number of layers, those for multi-token prediction included
/// @param experts number of experts per layer, 0 if there are none
/// @param queriesPerValue attention heads that share one key and value head, in the first layer; 0
///   if that layer has none
/// @param sharesValuesWidely whether the model is of the 70B kind: attention values are a small
///   part of the file, so more bits for them cost little
/// @param embeddings whether the token embeddings serve as the output too
/// @param importance whether there is an importance matrix
record ModelFacts(
    String architecture,
    int layers,
    int experts,
    int queriesPerValue,
    boolean sharesValuesWidely,
    Embeddings embeddings,
    Weighting importance) {
  enum Embeddings {
    TIED,
    SEPARATE
  }

  enum Weighting {
    NONE,
    GIVEN
  }

  /// The facts that the metadata state.
  ///
  /// @throws IllegalArgumentException if the architecture or the number of layers is missing
  static ModelFacts of(Metadata metadata, Embeddings embeddings, Weighting importance) {
    String architecture =
        metadata
            .text("general.architecture")
            .orElseThrow(() -> new IllegalArgumentException("general.architecture is missing"));
    int layers = Math.toIntExact(count(metadata, architecture + ".block_count").orElse(0));
    if (layers == 0) {
      throw new IllegalArgumentException(architecture + ".block_count is missing");
    }
    int experts = (int) count(metadata, architecture + ".expert_count").orElse(0);
    long heads = count(metadata, architecture + ".attention.head_count").orElse(0);
    long valueHeads = count(metadata, architecture + ".attention.head_count_kv").orElse(heads);
    long predictors = count(metadata, architecture + ".nextn_predict_layers").orElse(0);
    return new ModelFacts(
        architecture,
        layers,
        experts,
        valueHeads == 0 ? 0 : (int) (heads / valueHeads),
        isLike70B(architecture, layers - predictors, experts, heads == valueHeads),
        embeddings,
        importance);
  }

  /// Whether a tensor turns states into logits: the output matrix, or embeddings that serve as one.
  boolean isOutput(TensorRole role) {
    return role == TensorRole.OUTPUT
        || (embeddings == Embeddings.TIED && role == TensorRole.TOKEN_EMBEDDING);
  }

  boolean isFalcon() {
    return architecture.equals("falcon");
  }

  /// The architectures and depths that llama.cpp calls `LLM_TYPE_70B`.
  private static boolean isLike70B(
      String architecture, long layers, int experts, boolean allHeadsAlike) {
    return switch (architecture) {
      case "llama", "llama-embed" -> layers == 80 && experts != 8 && !allHeadsAlike;
      case "qwen2", "deci", "olmo" -> layers == 80;
      case "jais2" -> layers == 68;
      default -> false;
    };
  }

  /// A count, or the first of a list with one count per layer.
  private static OptionalLong count(Metadata metadata, String key) {
    OptionalLong single = metadata.integer(key);
    List<MetadataValue> perLayer = metadata.array(key).orElse(List.of());
    OptionalLong count =
        single.isPresent() || perLayer.isEmpty()
            ? single
            : Metadata.builder().put(key, perLayer.getFirst()).build().integer(key);
    if (count.isPresent() && (count.getAsLong() < 0 || count.getAsLong() > Integer.MAX_VALUE)) {
      throw new IllegalArgumentException(key + " is " + count.getAsLong() + ", which is too large");
    }
    return count;
  }
}

package dev.zonda.convert.rules;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.formats.FormatException;
import java.util.List;

/// The sizes that every decoder has, checked against each other.
///
/// @param config where they and all others come from
/// @param hidden width of the residual stream
/// @param heads query heads
/// @param keyValueHeads key and value heads
/// @param headLength values per head
/// @param layers number of layers, without those that predict further tokens
/// @param predictors layers that do
/// @param vocabulary number of tokens
/// @param rotary in which order the values of a head lie
/// @param fidelity whose word counts where llama.cpp's converter is wrong
/// @param layer that is looked at, for sizes that layers do not share
public record ModelSizes(
    ModelConfig config,
    int hidden,
    int heads,
    int keyValueHeads,
    int headLength,
    int layers,
    Predictors.Found predictors,
    int vocabulary,
    RotaryOrder rotary,
    Fidelity fidelity,
    int layer) {
  public static ModelSizes of(ModelConfig config, RotaryOrder rotary, Fidelity fidelity)
      throws FormatException {
    int hidden = config.size("hidden_size");
    int heads = config.size("num_attention_heads");
    int keyValueHeads = (int) config.optionalSize(List.of("num_key_value_heads")).orElse(heads);
    int headLength = (int) config.optionalSize(List.of("head_dim")).orElse(hidden / heads);
    if (heads % keyValueHeads != 0) {
      throw config
          .fields()
          .problem(
              "num_key_value_heads",
              "is %d, which does not divide num_attention_heads, %d"
                  .formatted(keyValueHeads, heads));
    }
    if (headLength < 2 || headLength % 2 != 0) {
      throw config
          .fields()
          .problem(
              "head_dim",
              "is %d (hidden_size %d, num_attention_heads %d), expected an even number"
                  .formatted(headLength, hidden, heads));
    }
    return new ModelSizes(
        config,
        hidden,
        heads,
        keyValueHeads,
        headLength,
        config.size("num_hidden_layers"),
        Predictors.Found.NONE,
        config.size("vocab_size"),
        rotary,
        fidelity,
        0);
  }

  /// Sizes of a model none of whose layers attends.
  public static ModelSizes withoutHeads(ModelConfig config, RotaryOrder rotary, Fidelity fidelity)
      throws FormatException {
    return new ModelSizes(
        config,
        config.size("hidden_size"),
        0,
        0,
        0,
        config.size("num_hidden_layers"),
        Predictors.Found.NONE,
        config.size("vocab_size"),
        rotary,
        fidelity,
        0);
  }

  /// The same with layers that predict further tokens.
  public ModelSizes with(Predictors.Found more) {
    return new ModelSizes(
        config,
        hidden,
        heads,
        keyValueHeads,
        headLength,
        layers,
        more,
        vocabulary,
        rotary,
        fidelity,
        layer);
  }

  /// The same with another number of tokens.
  public ModelSizes withVocabulary(int tokens) {
    return new ModelSizes(
        config,
        hidden,
        heads,
        keyValueHeads,
        headLength,
        layers,
        predictors,
        tokens,
        rotary,
        fidelity,
        layer);
  }

  /// The same as one layer sees them.
  public ModelSizes at(int number) {
    return new ModelSizes(
        config,
        hidden,
        heads,
        keyValueHeads,
        headLength,
        layers,
        predictors,
        vocabulary,
        rotary,
        fidelity,
        number);
  }

  /// The same with other heads, as some layers have.
  public ModelSizes withHeads(int queries, int keys, int length) {
    return new ModelSizes(
        config,
        hidden,
        queries,
        keys,
        length,
        layers,
        predictors,
        vocabulary,
        rotary,
        fidelity,
        layer);
  }

  /// The layers of the file.
  public int countedLayers() {
    return layers + predictors.counted();
  }

  /// Another size, which the family must have.
  public int size(String field) throws FormatException {
    return config.size(field);
  }
}

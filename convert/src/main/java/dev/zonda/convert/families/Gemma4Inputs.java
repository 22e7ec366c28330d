package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;

/// The second embedding of small Gemmas: a few features of each token for each layer.
final class Gemma4Inputs {
  static final String LENGTH = "hidden_size_per_layer_input";
  static final String VOCABULARY = "vocab_size_per_layer_input";

  static final Dimension INPUT = Dimension.of(LENGTH);
  static final Dimension ALL =
      new Dimension(
          "num_hidden_layers * " + LENGTH,
          sizes -> Math.multiplyExact((long) sizes.layers(), (long) sizes.size(LENGTH)));

  /// Tensors of models that have it.
  static final List<TensorRule> TENSORS =
      TensorRule.on(
          (layer, sizes) -> hasInputs(sizes),
          List.of(
              TensorRule.of(
                  "model.embed_tokens_per_layer.weight",
                  "per_layer_token_embd.weight",
                  Dimension.of(VOCABULARY),
                  ALL),
              TensorRule.of(
                  "model.per_layer_model_projection.weight",
                  "per_layer_model_proj.weight",
                  ALL,
                  HIDDEN),
              TensorRule.of(
                  "model.per_layer_projection_norm.weight", "per_layer_proj_norm.weight", INPUT),
              block("per_layer_input_gate.weight", "inp_gate.weight", INPUT, HIDDEN),
              block("per_layer_projection.weight", "proj.weight", HIDDEN, INPUT),
              block("post_per_layer_input_norm.weight", "post_norm.weight", HIDDEN)));

  private Gemma4Inputs() {}

  private static boolean hasInputs(ModelSizes sizes) throws FormatException {
    return length(sizes) > 0;
  }

  private static long length(ModelSizes sizes) throws FormatException {
    return sizes.config().optionalCount(List.of(LENGTH)).orElse(0);
  }

  static void write(MetadataRule.Source source, Metadata.Builder metadata) throws FormatException {
    ModelSizes sizes = source.sizes();
    if (!hasInputs(sizes)) {
      source.config().fields().skip(VOCABULARY);
    } else if (source.isCorrected() && sizes.size(VOCABULARY) != sizes.vocabulary()) {
      throw source
          .config()
          .fields()
          .problem(
              VOCABULARY,
              "is %d, but vocab_size %d: llama.cpp has a row of both embeddings for each token"
                  .formatted(sizes.size(VOCABULARY), sizes.vocabulary()));
    }
    metadata.putUint32(source.key("embedding_length_per_layer_input"), length(sizes));
  }
}

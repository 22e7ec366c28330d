package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Dimension.VOCABULARY;
import static dev.zonda.convert.rules.Transform.PERMUTE_KEYS;
import static dev.zonda.convert.rules.Transform.PERMUTE_QUERIES;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.expression.UnitRows;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;

/// Baichuan 1 and 2: Llama's network with queries, keys and values in one matrix. Models of 13B
/// have a bias that grows with the distance (ALiBi) instead of rotary embedding; Baichuan 2 divides
/// the rows of its output matrix by their lengths.
final class Baichuan {
  /// That heads are in ggml's order.
  static final MetadataRule LAYOUT =
      (source, metadata) ->
          metadata.putText(source.key("tensor_data_layout"), "Meta AI original pth");

  private static final int PARTS = 3;
  private static final int SECOND_VOCABULARY = 125696;

  /// Layers by which llama.cpp knows which positions a model has.
  private static final int ROTARY_LAYERS = 32;

  private static final int FALLING_LAYERS = 40;

  private static final List<TensorRule> EMBEDDINGS =
      List.of(
          TensorRule.of("model.embed_tokens.weight", "token_embd.weight", VOCABULARY, HIDDEN),
          TensorRule.of("model.norm.weight", "output_norm.weight", HIDDEN),
          TensorRule.of("lm_head.weight", "output.weight", VOCABULARY, HIDDEN)
              .with(Baichuan::unit)
              .optional());

  private static final List<TensorRule> ATTENTION =
      List.of(
          TensorRule.split(
              "model.layers.{layer}.self_attn.W_pack.weight",
              List.of(HIDDEN.times(PARTS), HIDDEN),
              new TensorRule.Output("blk.{layer}.attn_q.weight", part(0, PERMUTE_QUERIES)),
              new TensorRule.Output("blk.{layer}.attn_k.weight", part(1, PERMUTE_KEYS)),
              new TensorRule.Output("blk.{layer}.attn_v.weight", part(2, Transform.NONE))),
          block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES));

  static final Family FAMILY =
      Family.builder("Baichuan", "baichuan")
          .models("Baichuan 7B, 13B", "Baichuan 2 7B, 13B")
          .publishedDefaults(Defaults.of(Map.of("rms_norm_eps", 1e-6)), "baichuan")
          .tensors(
              EMBEDDINGS,
              CommonTensors.norms("attn_norm", "ffn_norm"),
              ATTENTION,
              CommonTensors.FEED_FORWARD_NETWORK)
          .metadata(
              NetworkKeys.ALL,
              LAYOUT,
              MetadataRule.computed("rope.dimension_count", Dimension.HEAD),
              Baichuan::positions,
              Baichuan::noteUnit,
              ActivationRule.SILU)
          .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES)
          .unusedFields("_from_model_config", "model_max_length", "z_loss_weight")
          .build();

  private Baichuan() {}

  private static Transform part(int index, Transform order) {
    return (source, sizes) -> {
      long rows = source.shape().dimension(0) / PARTS;
      return order.apply(
          SelectRows.of(source, RowOrder.part(1, PARTS * rows, index * rows, rows)), sizes);
    };
  }

  /// Only the second version's class has a weight of a loss.
  private static boolean isSecond(ModelConfig config) throws FormatException {
    return config.fields().mentions("z_loss_weight")
        || config.size("vocab_size") == SECOND_VOCABULARY;
  }

  private static Expression unit(Expression source, ModelSizes sizes) throws FormatException {
    return isSecond(sizes.config()) && sizes.fidelity() == Fidelity.CORRECTED
        ? new UnitRows(source)
        : source;
  }

  private static void noteUnit(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (isSecond(source.config()) && source.isCorrected()) {
      source
          .notes()
          .add(
              "the rows of output.weight are divided by their lengths, as Baichuan 2 does;"
                  + " llama.cpp's converter leaves them as they are (--as-reference)");
    }
  }

  /// The class of 13B has no `max_position_embeddings`.
  private static void positions(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    String own = source.config().fields().has("max_position_embeddings") ? "rotary" : "falling";
    int layers = source.sizes().layers();
    String taken =
        switch (layers) {
          case ROTARY_LAYERS -> "rotary";
          case FALLING_LAYERS -> "falling";
          default -> "no";
        };
    if (source.isCorrected() && !own.equals(taken)) {
      source
          .notes()
          .add(
              "the network has %s positions, but llama.cpp has %s positions in a model of %d layers"
                  .formatted(own, taken, layers));
      source.unwritten().putText(source.key("positions"), own);
    }
  }
}

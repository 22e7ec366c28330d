package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.stream.Stream;

/// GroveMoE: Qwen 3 with experts, and a smaller one beside each two of them.
final class GroveMoe {
  /// What the published code has for all models.
  private static final int GROUP = 2;

  private static final int LENGTH = 128;
  private static final float SCALE = 0.05f;

  private static final Dimension EXPERTS = Dimension.of("num_experts");
  private static final Dimension EXPERT_FEED_FORWARD = Dimension.of("moe_intermediate_size");
  private static final Dimension SMALLER =
      new Dimension("num_experts / 2", sizes -> sizes.size("num_experts") / GROUP);
  private static final Dimension SMALLER_FEED_FORWARD = new Dimension("128", sizes -> LENGTH);

  private static final List<TensorRule> ADJUGATES =
      List.of(
          TensorRule.together(
              smaller("down", HIDDEN, SMALLER_FEED_FORWARD),
              smaller("gate", SMALLER_FEED_FORWARD, HIDDEN),
              smaller("up", SMALLER_FEED_FORWARD, HIDDEN)));

  private static final List<Leftover> LEFTOVERS =
      Stream.concat(
              CommonTensors.BUFFERS.stream(),
              Stream.of(
                  Leftover.part("*.mlp.expert_bias", "what the network does not compute with")))
          .toList();

  static final Family FAMILY =
      Family.builder("GroveMoE", "grovemoe")
          .models("GroveMoE Base, Instruct")
          .tensors(
              CommonTensors.FRAME,
              Qwen3.ATTENTION,
              CommonTensors.HEAD_NORMS,
              Qwen2Moe.experts(EXPERTS, EXPERT_FEED_FORWARD),
              ADJUGATES)
          .leftovers(LEFTOVERS)
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("expert_feed_forward_length", "moe_intermediate_size"),
              GroveMoe::adjugates,
              MetadataRule.implied("norm_topk_prob", true),
              MetadataRule.implied("use_sliding_window", false),
              MetadataRule.implied("decoder_sparse_step", 1),
              ActivationRule.SILU)
          .unusedFields("max_window_layers", "sliding_window", "mlp_only_layers", "layer_types")
          .build();

  private GroveMoe() {}

  private static TensorRule smaller(String name, Dimension rows, Dimension columns) {
    return block(
        "mlp.chunk_experts.{expert}." + name + "_proj.weight",
        "ffn_" + name + "_chexps.weight",
        SMALLER,
        rows,
        columns);
  }

  /// llama.cpp's converter writes the length of a head for that of a smaller expert.
  private static void adjugates(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long ofReference = source.config().optionalSize(List.of("head_dim")).orElse(LENGTH);
    String key = "expert_chunk_feed_forward_length";
    metadata.putUint32(source.key(key), source.isCorrected() ? LENGTH : ofReference);
    if (source.isCorrected() && ofReference != LENGTH) {
      source
          .notes()
          .add(
              ("%s %d is written; "
                      + "llama.cpp's converter writes %d, the length of a head (--as-reference)")
                  .formatted(key, LENGTH, ofReference));
    }
    metadata.putUint32(source.key("experts_per_group"), GROUP);
    metadata.putFloat32(source.key("expert_group_scale"), SCALE);
  }
}

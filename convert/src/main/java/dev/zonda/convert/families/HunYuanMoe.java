package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.FEED_FORWARD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.FusedExperts;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.RopeRule;
import dev.zonda.convert.rules.RopeStyle;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// Hunyuan A13B: Hunyuan's attention, and experts beside one that every token goes through, all of
/// one length.
final class HunYuanMoe {
  private static final Dimension EXPERTS = Dimension.of("num_experts");
  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  /// What llama.cpp's converter takes for granted of a stretched base.
  private static final double USUAL_ALPHA = 1000;

  private static final int USUAL_HEAD = 128;

  private static final String USED = "moe_topk";
  private static final String INNER = "moe_intermediate_size";
  private static final String SHARED = "num_shared_expert";

  private static final String[] UNUSED =
      Stream.concat(
              Stream.of(HunYuan.UNUSED),
              Stream.of(
                  "kv_lora_rank",
                  "moe_drop_tokens",
                  "moe_random_routing_dropped_token",
                  "num_media_embeds",
                  "q_lora_rank",
                  "qk_nope_head_dim",
                  "qk_rope_head_dim",
                  "skip_cls_token",
                  "v_head_dim"))
          .toArray(String[]::new);

  private static final List<TensorRule> NETWORK =
      List.of(
          block("mlp.gate.wg.weight", "ffn_gate_inp.weight", EXPERTS, HIDDEN),
          TensorRule.together(
                  expert("down_proj", "ffn_down_exps.weight", HIDDEN, FEED_FORWARD),
                  expert("gate_proj", "ffn_gate_exps.weight", FEED_FORWARD, HIDDEN),
                  expert("up_proj", "ffn_up_exps.weight", FEED_FORWARD, HIDDEN))
              .or(FusedExperts.of("mlp.experts.", EXPERTS, FEED_FORWARD)),
          block("mlp.shared_mlp.gate_proj.weight", "ffn_gate_shexp.weight", FEED_FORWARD, HIDDEN),
          block("mlp.shared_mlp.up_proj.weight", "ffn_up_shexp.weight", FEED_FORWARD, HIDDEN),
          block("mlp.shared_mlp.down_proj.weight", "ffn_down_shexp.weight", HIDDEN, FEED_FORWARD));

  static final Family FAMILY =
      Family.builder("Hunyuan MoE", "hunyuan-moe")
          .models("Hunyuan A13B")
          // What transformers' HunYuanMoEV1Config says.
          .defaults(HunYuan.DEFAULTS.with(Map.of("num_experts", 1, USED, 1)), "hunyuan_v1_moe")
          .aliases(Map.of(USED, List.of("num_experts_per_tok")))
          .tensors(
              CommonTensors.FRAME,
              CommonTensors.attention(BIASES, BIASES),
              HunYuan.HEAD_NORMS,
              NETWORK)
          .outputMatrix(Family.OutputMatrix.SKIP_IF_TIED)
          .rope(RopeStyle.ALPHA)
          .metadata(
              NetworkKeys.ALL,
              MetadataRule.size("expert_shared_feed_forward_length", "intermediate_size"),
              HunYuanMoe::experts,
              HunYuanMoe::noGroups,
              HunYuanMoe::stretched,
              MetadataRule.implied("norm_topk_prob", true),
              MetadataRule.implied("routed_scaling_factor", 1),
              MetadataRule.implied("group_limited_greedy", false),
              MetadataRule.implied("moe_layer_num_skipped", 0),
              MetadataRule.implied("use_mixed_mlp_moe", true),
              MetadataRule.implied("use_qk_norm", true),
              MetadataRule.implied("use_cla", false),
              ActivationRule.SILU)
          .vocabulary(VocabularyForm.HUNYUAN_RANKS)
          .unusedFields(UNUSED)
          .build();

  private HunYuanMoe() {}

  private static TensorRule expert(String source, String target, Dimension... shape) {
    return block("mlp.experts.{expert}." + source + ".weight", target, EXPERTS, shape[0], shape[1]);
  }

  /// Sizes that published files say for each layer, in a list.
  private static void experts(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    int inner = source.config().size("intermediate_size");
    OptionalLong said = ofAllLayers(source, INNER);
    if (source.isCorrected() && said.orElse(inner) != inner) {
      source
          .notes()
          .add(
              "%s is %d, which this family's network does not read: it has intermediate_size, %d"
                  .formatted(INNER, said.getAsLong(), inner));
    }
    metadata.putUint32(
        source.key("expert_feed_forward_length"),
        source.isCorrected() ? inner : said.orElse(inner));
    OptionalLong used = ofAllLayers(source, USED);
    metadata.putUint32(
        source.key("expert_used_count"), used.isPresent() ? used.getAsLong() : used(source));
    ofAllLayers(source, SHARED)
        .ifPresent(count -> metadata.putUint32(source.key("expert_shared_count"), count));
  }

  private static long used(MetadataRule.Source source) throws FormatException {
    return source.config().size(USED);
  }

  /// A number, or a list of the same number for each layer, if config.json has it.
  private static OptionalLong ofAllLayers(MetadataRule.Source source, String field)
      throws FormatException {
    JsonFields config = source.config().fields();
    Optional<JsonNode> said = config.get(field);
    boolean isList = said.isPresent() && said.get().isArray();
    if (!isList && !source.isCorrected()) {
      throw config.problem(
          field,
          "is not a list of a number for each layer, which llama.cpp's converter needs: leave out"
              + " --as-reference");
    }
    if (!isList) {
      return config.integer(field, 1, Integer.MAX_VALUE);
    }
    List<Long> numbers = config.integers(field).orElseThrow();
    List<Long> different = numbers.stream().distinct().toList();
    if (different.size() != 1 || different.getFirst() < 1) {
      throw config.problem(field, "is %s, expected one number for all layers".formatted(numbers));
    }
    return OptionalLong.of(different.getFirst());
  }

  /// transformers chooses from all experts; llama.cpp would choose from groups.
  static void noGroups(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    if (source.isCorrected()) {
      MetadataRule.implied("n_group", 1).write(source, metadata);
      metadata
          .remove(source.key("expert_group_count"))
          .remove(source.key("expert_group_used_count"));
    }
  }

  /// The base that an alpha stretches; the reference takes that of the published model only.
  private static void stretched(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    RopeParameters rope = RopeParameters.of(source.config());
    if (source.isCorrected() || !rope.type().equals("dynamic")) {
      OptionalDouble alpha = RopeRule.alpha(source, rope);
      if (alpha.isPresent()) {
        int length = source.sizes().headLength();
        HunYuan.stretch(source, rope, alpha.getAsDouble(), length, metadata);
      }
      return;
    }
    double alpha = rope.real("alpha", USUAL_ALPHA);
    int length = source.sizes().hidden() / source.sizes().heads();
    if (alpha != USUAL_ALPHA || length != USUAL_HEAD) {
      throw rope.problem(
          "alpha",
          "is %s with heads of %d: llama.cpp's converter takes only %s with %d: leave out --as-reference"
              .formatted(alpha, length, USUAL_ALPHA, USUAL_HEAD));
    }
    HunYuan.stretch(source, rope, alpha, length, metadata);
  }
}

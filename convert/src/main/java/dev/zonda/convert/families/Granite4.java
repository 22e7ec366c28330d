package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Granite 4 whose layers all have attention and no experts: Granite, published under the class of
/// models with state spaces and experts, whose fields it has, too.
final class Granite4 {
  static final String LAYER_TYPES = "layer_types";
  private static final String POSITIONS = "position_embedding_type";
  private static final Dimension INNER = Dimension.of("shared_intermediate_size");

  /// A network whose gate and up are in one tensor.
  static final List<TensorRule> FEED_FORWARD =
      List.of(
          TensorRule.split(
              "model.layers.{layer}.shared_mlp.input_linear.weight",
              List.of(INNER.times(2), HIDDEN),
              new TensorRule.Output("blk.{layer}.ffn_gate.weight", Transform.FIRST_HALF),
              new TensorRule.Output("blk.{layer}.ffn_up.weight", Transform.SECOND_HALF)),
          block("shared_mlp.output_linear.weight", "ffn_down.weight", HIDDEN, INNER));

  /// What transformers' GraniteMoeHybridConfig says.
  static final Defaults DEFAULTS =
      Granite.DEFAULTS
          .with(
              Map.of(
                  "num_local_experts", 8,
                  "num_experts_per_tok", 2,
                  "shared_intermediate_size", 1024))
          .with(
              Map.of(
                  "mamba_d_conv", 4,
                  "mamba_d_state", 256,
                  "mamba_n_groups", 1,
                  "mamba_expand", 2,
                  "mamba_n_heads", 128));

  /// Sizes of state spaces.
  static final MetadataRule STATES =
      MetadataRule.sequence(
          MetadataRule.size("ssm.conv_kernel", "mamba_d_conv"),
          MetadataRule.size("ssm.state_size", "mamba_d_state"),
          MetadataRule.size("ssm.group_count", "mamba_n_groups"),
          Granite4::stateLength,
          MetadataRule.size("ssm.time_step_rank", "mamba_n_heads"));

  static final Family FAMILY =
      Family.builder("Granite 4", "granite")
          .like(Granite.FAMILY)
          .models("Granite 4.0 Micro, 1B, 350M")
          .only(
              new Family.Condition(
                  "attention on all layers",
                  config -> attends(config).filter(all -> !all.contains(false)).isPresent()))
          // The reference takes config.json alone.
          .publishedDefaults(DEFAULTS, "granitemoehybrid")
          .tensors(CommonTensors.FRAME, Llama.BIASED_ATTENTION, FEED_FORWARD)
          .metadata(
              Granite4::requireAttention,
              Granite.KEYS,
              Granite4::inner,
              STATES,
              Granite4::keyHeads,
              MetadataRule.implied("normalization_function", "rmsnorm"),
              ActivationRule.SILU)
          .unusedFields(
              "init_method",
              "mamba_chunk_size",
              "mamba_conv_bias",
              "mamba_d_head",
              "mamba_proj_bias",
              "time_step_limit")
          .vocabulary(VocabularyForm.BYTES)
          .build();

  private Granite4() {}

  /// Which layers attend; the others have a state space, as all have where nothing is said.
  static Optional<List<Boolean>> attends(JsonFields config) throws FormatException {
    return config.texts(LAYER_TYPES).map(all -> all.stream().map(Granite4::isAttention).toList());
  }

  /// transformers saves the second name, which the reference does not know.
  static boolean isAttention(String type) {
    return type.equals("attention") || type.equals("full_attention");
  }

  /// The reference takes another name for layers with a state space.
  static void requireKnownTypes(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    Optional<List<String>> types = source.config().fields().texts(LAYER_TYPES);
    if (!source.isCorrected() && types.isPresent() && types.get().contains("full_attention")) {
      throw source
          .config()
          .fields()
          .problem(
              LAYER_TYPES,
              "has 'full_attention', which llama.cpp's converter takes for a state space: it reads"
                  + " 'attention' only");
    }
  }

  /// The class is that of networks with experts and without positions, too.
  private static void requireAttention(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    requireKnownTypes(source, metadata);
    long experts = source.config().optionalCount(List.of("num_local_experts")).orElse(0);
    if (experts > 0) {
      throw problem(source, "num_local_experts", "is %d".formatted(experts));
    }
    if (source.isCorrected() && !isRotated(source.config())) {
      throw problem(source, POSITIONS, "is not 'rope': layers have no positions");
    }
  }

  static boolean isRotated(ModelConfig config) throws FormatException {
    return config.text(POSITIONS).equals(Optional.of("rope"));
  }

  private static FormatException problem(MetadataRule.Source source, String field, String found) {
    return source
        .config()
        .fields()
        .problem(
            field,
            found
                + "; of this class, networks with attention on all layers are supported with rotary"
                + " embedding and without experts only");
  }

  /// The reference writes the length of an expert, which published files repeat.
  static void inner(MetadataRule.Source source, Metadata.Builder metadata) throws FormatException {
    long length = INNER.of(source.sizes());
    if (source.isCorrected()) {
      metadata.putUint32(source.key("feed_forward_length"), length);
    }
    metadata.putUint32(source.key("expert_shared_feed_forward_length"), length);
  }

  private static void stateLength(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long expansion = source.config().size("mamba_expand");
    metadata.putUint32(source.key("ssm.inner_size"), expansion * HIDDEN.of(source.sizes()));
  }

  private static void keyHeads(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    keyHeads(source, Collections.nCopies(source.sizes().layers(), true), metadata);
    metadata.putBool(source.key("rope.scaling.finetuned"), true);
  }

  /// Heads of keys in each layer: none where it does not attend.
  static void keyHeads(MetadataRule.Source source, List<Boolean> attends, Metadata.Builder metadata)
      throws FormatException {
    int count = (int) Dimension.KEY_HEADS.of(source.sizes());
    int[] heads = attends.stream().mapToInt(attention -> attention ? count : 0).toArray();
    metadata.put(source.key("attention.head_count_kv"), MetadataValue.Array.ofInts(heads));
  }
}

package dev.zonda.convert.families;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HEAD;
import static dev.zonda.convert.rules.Dimension.HIDDEN;
import static dev.zonda.convert.rules.Dimension.QUERIES;
import static dev.zonda.convert.rules.Transform.PERMUTE_QUERIES;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.rules.ActivationRule;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.NetworkKeys;
import dev.zonda.convert.rules.RopeParameters;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.Transform;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// DeciLM and the Nemotrons that were made of Llama: Llama's network, in which each layer has its
/// own number of key heads and its own width, or lacks attention or the network.
final class Deci {
  private static final String BLOCKS = "block_configs";
  private static final String BY_LAYER = "num_key_value_heads_per_layer";
  private static final String GROUP = "n_heads_in_group";
  private static final String MATRIX = "replace_with_linear";
  private static final int DIVISOR = 256;

  private static final TensorRule.Layers ATTENTION = (layer, sizes) -> keyHeads(sizes, layer) > 0;
  private static final TensorRule.Layers LINEAR =
      (layer, sizes) -> keyHeads(sizes, layer) == 0 && heads(sizes, layer) > 0;
  private static final TensorRule.Layers EITHER = (layer, sizes) -> heads(sizes, layer) > 0;
  private static final TensorRule.Layers NETWORK = (layer, sizes) -> length(sizes, layer) > 0;

  private static final Dimension KEYS =
      new Dimension(
          "heads of keys * head_dim", sizes -> keyHeads(sizes, sizes.layer()) * sizes.headLength());
  private static final Dimension INNER =
      new Dimension("width of the layer", sizes -> length(sizes, sizes.layer()));

  private static final Announcement BIASES = Announcement.by("attention_bias", false);

  private static final Transform PERMUTE_KEYS =
      (source, sizes) ->
          SelectRows.of(
              source,
              RowOrder.rotaryPairs(source.shape().dimension(0), keyHeads(sizes, sizes.layer())));

  private static final List<TensorRule> HEADS =
      Stream.concat(
              TensorRule.biased(
                  BIASES,
                  block("self_attn.q_proj.weight", "attn_q.weight", QUERIES, HIDDEN)
                      .with(PERMUTE_QUERIES),
                  block("self_attn.k_proj.weight", "attn_k.weight", KEYS, HIDDEN)
                      .with(PERMUTE_KEYS),
                  block("self_attn.v_proj.weight", "attn_v.weight", KEYS, HIDDEN))
                  .stream(),
              TensorRule.biased(
                  BIASES, block("self_attn.o_proj.weight", "attn_output.weight", HIDDEN, QUERIES))
                  .stream())
          .toList();

  static final Family FAMILY =
      Family.builder("DeciLM", "deci")
          .like(Llama.FAMILY)
          .models("DeciLM 7B", "Llama 3.1 Nemotron 51B, Ultra 253B", "Llama 3.3 Nemotron Super 49B")
          .tensors(
              CommonTensors.EMBEDDINGS,
              TensorRule.on(
                  EITHER, List.of(block("input_layernorm.weight", "attn_norm.weight", HIDDEN))),
              TensorRule.on(ATTENTION, HEADS),
              TensorRule.on(
                  LINEAR,
                  List.of(
                      block("self_attn.linear_attn.weight", "attn_output.weight", HIDDEN, HIDDEN))),
              TensorRule.on(
                  NETWORK,
                  List.of(
                      block("post_attention_layernorm.weight", "ffn_norm.weight", HIDDEN),
                      block("mlp.gate_proj.weight", "ffn_gate.weight", INNER, HIDDEN),
                      block("mlp.up_proj.weight", "ffn_up.weight", INNER, HIDDEN),
                      block("mlp.down_proj.weight", "ffn_down.weight", HIDDEN, INNER))))
          .metadata(
              Deci::sizes,
              MetadataRule.size("vocab_size", "vocab_size"),
              MetadataRule.computed("rope.dimension_count", HEAD),
              MetadataRule.implied("mlp_bias", false),
              Deci::noteHalfLayers,
              ActivationRule.SILU)
          .build();

  private Deci() {}

  private static void sizes(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelSizes sizes = source.sizes();
    if (!source.config().fields().has(BLOCKS)) {
      NetworkKeys.ALL.write(source, metadata);
      if (source.config().fields().has(BY_LAYER)) {
        metadata.put(source.key("attention.head_count_kv"), array(sizes, Deci::keyHeads));
      }
      return;
    }
    RopeParameters rope = RopeParameters.of(source.config());
    rope.note(source.notes());
    if (source.isCorrected() && !List.of("default", "llama3").contains(rope.type())) {
      throw rope.problem(
          "rope_type", "is '%s', expected default or llama3 in this family".formatted(rope.type()));
    }
    OptionalDouble theta = rope.theta();
    theta.ifPresent(value -> metadata.putFloat32(source.key("rope.freq_base"), (float) value));
    metadata
        .put(source.key("attention.head_count_kv"), array(sizes, Deci::keyHeads))
        .put(source.key("attention.head_count"), array(sizes, Deci::heads))
        .put(source.key("feed_forward_length"), array(sizes, Deci::length))
        .putUint32(source.key("block_count"), sizes.layers());
    MetadataRule.size("context_length", "max_position_embeddings").write(source, metadata);
    MetadataRule.size("embedding_length", "hidden_size").write(source, metadata);
    MetadataRule.real("attention.layer_norm_rms_epsilon", "rms_norm_eps").write(source, metadata);
    int head = sizes.hidden() / sizes.heads();
    metadata.putUint32(source.key("attention.key_length"), head);
    metadata.putUint32(source.key("attention.value_length"), head);
    MetadataRule.fileType().write(source, metadata);
  }

  /// llama.cpp passes over layers without a network.
  private static void noteHalfLayers(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelSizes sizes = source.sizes();
    for (int layer = 0; layer < sizes.layers() && source.isCorrected(); layer++) {
      if (heads(sizes, layer) > 0 && length(sizes, layer) == 0) {
        source
            .notes()
            .add(
                "layer %d has attention and no network: llama.cpp leaves out what attention gives"
                    .formatted(layer));
        return;
      }
    }
  }

  /// A number of each layer.
  @FunctionalInterface
  private interface OfLayer {
    long of(ModelSizes sizes, int layer) throws FormatException;
  }

  private static MetadataValue array(ModelSizes sizes, OfLayer number) throws FormatException {
    int[] numbers = new int[sizes.layers()];
    for (int layer = 0; layer < numbers.length; layer++) {
      numbers[layer] = Math.toIntExact(number.of(sizes, layer));
    }
    return MetadataValue.Array.ofInts(numbers);
  }

  /// Heads of queries; none where nothing is left of attention.
  private static long heads(ModelSizes sizes, int layer) throws FormatException {
    Optional<JsonFields> attention = part(sizes, layer, "attention");
    boolean isThere =
        attention.isEmpty()
            || attention.get().has(GROUP)
            || attention.get().bool(MATRIX).orElse(false);
    return isThere ? sizes.heads() : 0;
  }

  /// Heads of keys; none where a matrix stands for attention, or nothing.
  private static long keyHeads(ModelSizes sizes, int layer) throws FormatException {
    Optional<JsonFields> attention = part(sizes, layer, "attention");
    if (attention.isPresent()) {
      if (!attention.get().has(GROUP)) {
        return 0;
      }
      long group = attention.get().integer(GROUP, 1, sizes.heads()).orElseThrow();
      if (sizes.heads() % group != 0) {
        throw attention
            .get()
            .problem(GROUP, "is %d, which does not divide %d".formatted(group, sizes.heads()));
      }
      return sizes.heads() / group;
    }
    Optional<List<Long>> all = sizes.config().fields().integers(BY_LAYER);
    if (all.isEmpty()) {
      return sizes.keyValueHeads();
    }
    if (all.get().size() != sizes.layers()) {
      throw sizes
          .config()
          .fields()
          .problem(
              BY_LAYER,
              "is for %d layers, but the model has %d".formatted(all.get().size(), sizes.layers()));
    }
    long count = all.get().get(layer);
    if (count < 1 || sizes.heads() % count != 0) {
      throw sizes
          .config()
          .fields()
          .problem(BY_LAYER, "holds %d, which does not divide %d".formatted(count, sizes.heads()));
    }
    return count;
  }

  /// Features inside the network; none where there is no network.
  private static long length(ModelSizes sizes, int layer) throws FormatException {
    Optional<JsonFields> network = part(sizes, layer, "ffn");
    if (network.isEmpty()) {
      return sizes.size("intermediate_size");
    }
    if (network.get().bool(MATRIX).orElse(false)) {
      throw network
          .get()
          .problem(MATRIX, "is true: a matrix for the network, which GGUF has no place for");
    }
    OptionalDouble multiplier = network.get().real("ffn_mult");
    if (multiplier.isEmpty()) {
      return 0;
    }
    double wanted = 2 * multiplier.getAsDouble() * sizes.hidden() / 3;
    if (!(wanted >= 1 && wanted <= Integer.MAX_VALUE - DIVISOR)) {
      throw network.get().problem("ffn_mult", "is %s".formatted(multiplier.getAsDouble()));
    }
    return Math.ceilDiv((long) wanted, DIVISOR) * DIVISOR;
  }

  /// What config.json says of a part of a layer, if it says something of each.
  private static Optional<JsonFields> part(ModelSizes sizes, int layer, String name)
      throws FormatException {
    JsonFields config = sizes.config().fields();
    if (!config.has(BLOCKS)) {
      return Optional.empty();
    }
    JsonNode blocks = config.get(BLOCKS).orElseThrow();
    if (!blocks.isArray() || blocks.size() != sizes.layers()) {
      throw config.problem(BLOCKS, "is not a list of %d layers".formatted(sizes.layers()));
    }
    JsonNode part = blocks.get(layer).path(name);
    if (!part.isObject()) {
      throw config.problem(BLOCKS, "says nothing of %s in layer %d".formatted(name, layer));
    }
    return Optional.of(config.child(BLOCKS + "." + name, part));
  }
}

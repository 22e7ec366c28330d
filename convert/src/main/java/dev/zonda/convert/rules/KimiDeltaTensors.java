package dev.zonda.convert.rules;

import static dev.zonda.convert.rules.CommonTensors.block;
import static dev.zonda.convert.rules.Dimension.HIDDEN;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// Layers with Kimi delta attention: their tensors, their sizes, and which layers they are.
public final class KimiDeltaTensors {
  private static final String CONFIG = "linear_attn_config";
  private static final String FULL_LAYERS = "full_attn_layers";
  private static final String DELTA_LAYERS = "kda_layers";
  private static final String HEAD_FIELD = "head_dim";
  private static final String KERNEL_FIELD = "short_conv_kernel_size";
  private static final String TYPES = "layer_types";

  /// Every so many layers one has the other attention, where config.json says nothing.
  private static final int USUAL_INTERVAL = 4;

  private static final Dimension HEADS = dimension("num_heads", "linear_num_heads");
  private static final Dimension HEAD = dimension(HEAD_FIELD, "linear_head_dim");
  private static final Dimension KERNEL = dimension(KERNEL_FIELD, "linear_conv_kernel_dim");
  private static final Dimension FEATURES = HEADS.times(HEAD);

  /// Layers with this attention.
  public static final TensorRule.Layers DELTA =
      (layer, sizes) -> !attends(sizes.config(), sizes.layers()).get(layer);

  /// Those that layers with the other attention have under the same names.
  public static final List<TensorRule> SHARED =
      List.of(
          block(
                  "self_attn.q_proj.weight",
                  "attn_q.weight",
                  ofLayer("queries of the layer", LatentAttention.QUERIES),
                  HIDDEN)
              .on(TensorRule.Layers.allBut(KimiDeltaTensors::isQueryRanked)),
          block(
              "self_attn.o_proj.weight",
              "attn_output.weight",
              HIDDEN,
              ofLayer("values of the layer", Dimension.HEADS.times(LatentAttention.VALUE))));

  /// The others of layers with this attention.
  public static final List<TensorRule> TENSORS =
      List.of(
          block("self_attn.k_proj.weight", "attn_k.weight", FEATURES, HIDDEN),
          block("self_attn.v_proj.weight", "attn_v.weight", FEATURES, HIDDEN),
          TensorRule.together(sums("q"), sums("k"), sums("v")).or(joinedSums()),
          block("self_attn.f_a_proj.weight", "ssm_f_a.weight", HEAD, HIDDEN),
          block("self_attn.f_b_proj.weight", "ssm_f_b.weight", FEATURES, HEAD),
          block("self_attn.dt_bias", "ssm_dt.bias", FEATURES),
          block("self_attn.A_log", "ssm_a", Dimension.ONE, Dimension.ONE, HEADS, Dimension.ONE)
              .with(Transform.NEGATIVE_EXPONENTIAL),
          block("self_attn.b_proj.weight", "ssm_beta.weight", HEADS, HIDDEN),
          block("self_attn.g_a_proj.weight", "ssm_g_a.weight", HEAD, HIDDEN),
          block("self_attn.g_b_proj.weight", "ssm_g_b.weight", FEATURES, HEAD),
          block("self_attn.o_norm.weight", "ssm_norm.weight", HEAD));

  /// The others of layers with latent attention.
  public static final List<TensorRule> LATENT =
      LatentAttention.TENSORS.stream()
          .filter(rule -> SHARED.stream().noneMatch(shared -> source(shared).equals(source(rule))))
          .map(rule -> rule.on(attendingAnd(rule.layers())))
          .toList();

  /// Keys of sizes.
  public static final MetadataRule KEYS =
      MetadataRule.sequence(
          KimiDeltaTensors::keyHeads,
          (source, metadata) -> size(source, "ssm.conv_kernel", KERNEL, KERNEL_FIELD, metadata),
          (source, metadata) -> size(source, "kda.head_dim", HEAD, HEAD_FIELD, metadata),
          KimiDeltaTensors::keepHeads);

  private KimiDeltaTensors() {}

  private static String source(TensorRule rule) {
    return rule.parts().getFirst().source();
  }

  private static Dimension ofLayer(String meaning, Dimension ofLatent) {
    return new Dimension(
        meaning,
        sizes -> DELTA.include(sizes.layer(), sizes) ? FEATURES.of(sizes) : ofLatent.of(sizes));
  }

  private static boolean isQueryRanked(int layer, ModelSizes sizes) throws FormatException {
    return !DELTA.include(layer, sizes) && LatentAttention.QUERY_RANKED.include(layer, sizes);
  }

  private static TensorRule.Layers attendingAnd(TensorRule.Layers some) {
    return (layer, sizes) -> !DELTA.include(layer, sizes) && some.include(layer, sizes);
  }

  private static Dimension dimension(String field, String top) {
    return new Dimension(CONFIG + "." + field, sizes -> size(sizes.config(), field, top));
  }

  /// A size in the object of its own, else at the top.
  private static long size(ModelConfig config, String field, String top) throws FormatException {
    Optional<JsonFields> own = config.fields().object(CONFIG);
    OptionalLong said =
        own.isEmpty() ? OptionalLong.empty() : own.get().integer(field, 1, Integer.MAX_VALUE);
    return said.isPresent() ? said.getAsLong() : config.size(top);
  }

  /// The reference writes only what is said in the object.
  private static void size(
      MetadataRule.Source source,
      String key,
      Dimension size,
      String field,
      Metadata.Builder metadata)
      throws FormatException {
    Optional<JsonFields> own = source.config().fields().object(CONFIG);
    boolean isSaid = own.isPresent() && own.get().has(field);
    if (isSaid || source.isCorrected()) {
      metadata.putUint32(source.key(key), size.of(source.sizes()));
    }
    if (!isSaid && source.isCorrected()) {
      source.noteDropped(size.meaning(), size.of(source.sizes()), key);
    }
  }

  /// The weights of sums over tokens: a matrix of one row for each feature.
  private static TensorRule sums(String of) {
    String name = "ssm_conv1d_" + of + ".weight";
    return block("self_attn." + of + "_conv1d.weight", name, FEATURES, Dimension.ONE, KERNEL)
        .with((source, sizes) -> four(source));
  }

  /// The same as transformers holds them, one below the other.
  private static TensorRule joinedSums() {
    return TensorRule.split(
        "model.layers.{layer}.self_attn.conv1d.weight",
        List.of(FEATURES.times(3), Dimension.ONE, KERNEL),
        new TensorRule.Output(
            "blk.{layer}.ssm_conv1d_q.weight", (source, sizes) -> third(source, sizes, 0)),
        new TensorRule.Output(
            "blk.{layer}.ssm_conv1d_k.weight", (source, sizes) -> third(source, sizes, 1)),
        new TensorRule.Output(
            "blk.{layer}.ssm_conv1d_v.weight", (source, sizes) -> third(source, sizes, 2)));
  }

  private static Expression third(Expression source, ModelSizes sizes, int index)
      throws FormatException {
    long rows = FEATURES.of(sizes);
    Expression matrix = source.reshaped(3 * rows, KERNEL.of(sizes));
    RowOrder order = new RowOrder(index * rows, List.of(new RowOrder.Loop(rows, 1)));
    return four(SelectRows.of(matrix, order));
  }

  private static Expression four(Expression source) {
    return source.reshaped(1, source.shape().dimension(0), 1, source.shape().rowLength());
  }

  /// Which layers have the other attention.
  private static List<Boolean> attends(ModelConfig config, int layers) throws FormatException {
    Optional<List<String>> types = config.fields().texts(TYPES);
    if (types.isPresent()) {
      return byTypes(config, types.get(), layers);
    }
    Optional<JsonFields> own = config.fields().object(CONFIG);
    if (own.isPresent() && own.get().mentions(FULL_LAYERS) && own.get().mentions(DELTA_LAYERS)) {
      return byNumbers(own.get(), layers);
    }
    List<Boolean> all = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      all.add(layer > 0 && layer % USUAL_INTERVAL == 0);
    }
    return all;
  }

  private static List<Boolean> byTypes(ModelConfig config, List<String> types, int layers)
      throws FormatException {
    if (types.size() != layers) {
      throw config
          .fields()
          .problem(TYPES, "has %d values for %d layers".formatted(types.size(), layers));
    }
    for (String type : types) {
      if (!type.equals("linear_attention") && !type.equals("full_attention")) {
        throw config
            .fields()
            .problem(
                TYPES, "has '%s', expected linear_attention or full_attention".formatted(type));
      }
    }
    return types.stream().map("full_attention"::equals).toList();
  }

  /// Layers are numbered from one.
  private static List<Boolean> byNumbers(JsonFields own, int layers) throws FormatException {
    List<Long> full = own.integers(FULL_LAYERS).orElse(List.of());
    List<Long> delta = own.integers(DELTA_LAYERS).orElse(List.of());
    List<Boolean> all = new ArrayList<>();
    for (long number = 1; number <= layers; number++) {
      // What is said last counts.
      if (!full.contains(number) && !delta.contains(number)) {
        throw own.problem(
            DELTA_LAYERS, "has no layer %d, nor has %s".formatted(number, FULL_LAYERS));
      }
      all.add(!delta.contains(number));
    }
    return all;
  }

  /// One head of keys in the form of the short vector, and none on layers without latent attention.
  private static void keyHeads(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    ModelConfig config = source.config();
    int layers = source.sizes().layers();
    List<Boolean> attends = attends(config, layers);
    Optional<JsonFields> own = config.fields().object(CONFIG);
    Optional<List<Long>> said = own.isEmpty() ? Optional.empty() : own.get().integers(FULL_LAYERS);
    int[] counts = new int[layers];
    for (int layer = 0; layer < layers; layer++) {
      boolean isFull =
          (source.isCorrected() || said.isEmpty())
              ? attends.get(layer)
              : said.get().contains(layer + 1L);
      counts[layer] = isFull ? 1 : 0;
    }
    metadata.put(source.key("attention.head_count_kv"), MetadataValue.Array.ofInts(counts));
  }

  /// llama.cpp takes as many heads in all layers.
  private static void keepHeads(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long heads = HEADS.of(source.sizes());
    int others = source.sizes().heads();
    if (heads != others && source.fidelity() == Fidelity.CORRECTED) {
      source.noteUnwritten(HEADS.meaning(), heads, others);
      source.unwritten().putUint32(source.key("kda.head_count"), heads);
    }
  }
}

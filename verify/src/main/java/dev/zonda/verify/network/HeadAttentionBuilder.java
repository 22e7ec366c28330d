package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.SparseBlocks;
import dev.zonda.verify.kernels.Window;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.IntToDoubleFunction;

/// Describes attention with a key and a value per token in each head, layer by layer.
public final class HeadAttentionBuilder {
  private final Keys keys;
  private final int[] heads;
  private final int[] keyValueHeads;
  private final int keyLength;
  private final int valueLength;
  private IntToDoubleFunction scales;
  private IntFunction<Window> windows = layer -> Window.ALL;
  private Optional<Rotary> rotary = Optional.empty();
  private IntPredicate rotated = layer -> true;
  private HeadAttention.HeadNorms headNorms = HeadAttention.HeadNorms.NONE;
  private double bias;
  private double cap = Double.POSITIVE_INFINITY;
  private double clamp = Double.POSITIVE_INFINITY;
  private boolean clampsNormed;
  private Optional<Temperature> temperature = Optional.empty();
  private Optional<ScoreGrowth> growth = Optional.empty();
  private IntPredicate sinks = layer -> false;
  private IntFunction<Optional<SparseBlocks>> sparse = layer -> Optional.empty();
  private boolean hasOutputNorm;
  private Optional<HeadAttention.GateFunction> gate = Optional.empty();
  private HeadAttention.GatePlace gatePlace = HeadAttention.GatePlace.APART;
  private double valueScale = 1;
  private HeadAttention.Values values = HeadAttention.Values.OWN;
  private IntFunction<OptionalInt> source = layer -> OptionalInt.empty();

  /// @param end of the names of the keys with the lengths of heads
  HeadAttentionBuilder(Keys keys, String end) throws FormatException {
    this.keys = keys;
    heads = keys.layerCountsOrZero("attention.head_count");
    keyValueHeads =
        keys.has("attention.head_count_kv")
            ? keys.layerCountsOrZero("attention.head_count_kv")
            : heads;
    int length = keys.hidden() / Math.max(1, Arrays.stream(heads).max().orElse(1));
    keyLength = keys.count("attention.key_length" + end, length);
    valueLength = keys.count("attention.value_length" + end, length);
    for (int layer = 0; layer < heads.length; layer++) {
      requireFeatures(heads[layer]);
      if (keyValueHeads[layer] > 0 && heads[layer] % keyValueHeads[layer] != 0) {
        throw keys.error(
            "has %d heads, which cannot share %d key/value heads evenly"
                .formatted(heads[layer], keyValueHeads[layer]));
      }
    }
    double scale = keys.number("attention.scale", 1 / Math.sqrt(keyLength));
    scales = layer -> scale;
  }

  /// The product of two counts may not fit an `int`, and a head of no features divides by zero.
  private void requireFeatures(int count) throws FormatException {
    int shorter = Math.min(keyLength, valueLength);
    long most = (long) count * Math.max(keyLength, valueLength);
    if (shorter < 1 || most > Keys.MAX_COUNT) {
      throw keys.error(
          "has %d heads of %d and %d features, expected 1 to %d features of all heads together"
              .formatted(count, keyLength, valueLength, Keys.MAX_COUNT));
    }
  }

  /// Heads of queries in the first layer.
  public int heads() {
    return heads[0];
  }

  /// Divides products of queries and keys by the root of another number than their length.
  public HeadAttentionBuilder scaledByRootOf(int length) {
    double scale = 1 / Math.sqrt(length);
    scales = layer -> scale;
    return this;
  }

  /// Multiplies products of queries and keys by a number.
  public HeadAttentionBuilder scaledBy(double factor) {
    scales = layer -> factor;
    return this;
  }

  public HeadAttentionBuilder window(Window seen) {
    windows = layer -> seen;
    return this;
  }

  /// A window of so many tokens, or none if there are zero.
  public HeadAttentionBuilder slidingWindow(int length) {
    return window(window(length));
  }

  private static Window window(int length) {
    return length == 0 ? Window.ALL : Window.sliding(length);
  }

  /// Rotary positions as the metadata describe them.
  public HeadAttentionBuilder rotary(Rotary.Order order) throws FormatException {
    return rotary(Rotary.builder(keys, order));
  }

  public HeadAttentionBuilder rotary(Rotary.Builder positions) throws FormatException {
    rotary = Optional.of(positions.build(keyLength));
    return this;
  }

  public HeadAttentionBuilder headNorms(HeadAttention.HeadNorms norms) {
    headNorms = norms;
    return this;
  }

  /// Lowers scores with the distance (ALiBi): in the first of `n` heads by `2^(-most / n)` per
  /// token, in the next ones by its powers.
  public HeadAttentionBuilder distanceBias(double most) {
    bias = most;
    return this;
  }

  /// Caps scores softly.
  public HeadAttentionBuilder scoreCap(double most) {
    cap = most;
    return this;
  }

  /// Bounds queries, keys and values.
  public HeadAttentionBuilder clamp(double most) {
    clamp = most;
    return this;
  }

  /// Bounds queries and keys after their norms, and values.
  public HeadAttentionBuilder clampNormed(double most) {
    clampsNormed = true;
    return clamp(most);
  }

  public HeadAttentionBuilder temperature(Optional<Temperature> growth) {
    temperature = growth;
    return this;
  }

  /// Scores grow with the query's position after they are capped.
  public HeadAttentionBuilder growth(Optional<ScoreGrowth> withPosition) {
    growth = withPosition;
    return this;
  }

  /// Each head may attend to nothing: `attn_sinks.weight`.
  public HeadAttentionBuilder sinks() {
    return sinks(layer -> true);
  }

  /// The same on some layers.
  public HeadAttentionBuilder sinks(IntPredicate ofLayers) {
    sinks = ofLayers;
    return this;
  }

  /// Blocks of earlier tokens that heads see on the layers that the metadata name, if they do.
  public HeadAttentionBuilder sparseBlocks() throws FormatException {
    String prefix = "attention.sparse.";
    if (!keys.has(prefix + "layers")) {
      return this;
    }
    int length = keys.count(prefix + "block_length");
    int local = keys.count(prefix + "local_blocks");
    int global = keys.count(prefix + "global_blocks");
    int patterns = keys.count(prefix + "patterns");
    int count = keys.count("context_length") / length;
    if ((long) global * patterns > local || count < global) {
      throw keys.error(
          "has %d blocks, of which heads see %d of %d in %d patterns, which cannot be evaluated"
              .formatted(count, global, local, patterns));
    }
    SparseBlocks blocks = new SparseBlocks(length, count, local, global, patterns);
    boolean[] isSparse = keys.flags(prefix + "layers", keys.layers());
    sparse = layer -> isSparse[layer] ? Optional.of(blocks) : Optional.empty();
    return this;
  }

  /// A norm before the output matrix: `attn_sub_norm`.
  public HeadAttentionBuilder outputNorm() {
    hasOutputNorm = true;
    return this;
  }

  /// Multiplies what attention gives by factors that follow from its input.
  public HeadAttentionBuilder outputGate(HeadAttention.GateFunction function) {
    gate = Optional.of(function);
    return this;
  }

  /// Multiplies each feature of what attention gives by a factor that the matrix of queries makes
  /// beside them.
  public HeadAttentionBuilder gatedByQueries(HeadAttention.GateFunction function) {
    gatePlace = HeadAttention.GatePlace.WITH_QUERIES;
    return outputGate(function);
  }

  /// Multiplies values by a number.
  public HeadAttentionBuilder valueScale(double factor) {
    valueScale = factor;
    return this;
  }

  public HeadAttentionBuilder values(HeadAttention.Values kind) {
    values = kind;
    return this;
  }

  /// Layers whose keys and values others use.
  ///
  /// @param ofLayer the earlier layer that a layer takes them from, if it does
  public HeadAttentionBuilder source(IntFunction<OptionalInt> ofLayer) {
    source = ofLayer;
    return this;
  }

  /// A sliding window on some layers.
  ///
  /// @param usual whether a layer has one where the metadata say nothing
  /// @param length of the window; none has one if it is zero
  public HeadAttentionBuilder windows(IntPredicate usual, int length) throws FormatException {
    Window sliding = window(length);
    boolean[] isLocal = keys.windows(usual);
    windows = layer -> isLocal[layer] ? sliding : Window.ALL;
    return this;
  }

  /// A sliding window of the length that the metadata name on the layers that they name.
  public HeadAttentionBuilder windows() throws FormatException {
    return windows(layer -> false, keys.countOrZero("attention.sliding_window"));
  }

  /// Rotary positions on some layers only.
  ///
  /// @param usual whether a layer has them where the metadata say nothing
  public HeadAttentionBuilder rotatedLayers(IntPredicate usual) throws FormatException {
    boolean[] isRotated = keys.rotated(usual);
    rotated = layer -> isRotated[layer];
    return this;
  }

  /// Scales of each layer, if the metadata name them.
  public HeadAttentionBuilder layerScales() throws FormatException {
    if (keys.has("attention.layer_scales")) {
      double[] numbers = keys.numbers("attention.layer_scales", keys.layers());
      scales = layer -> numbers[layer];
    }
    return this;
  }

  /// Attention of each layer.
  public Network.PerLayer<Attention> layers() {
    return this::build;
  }

  /// Attention of all layers, if they are alike.
  public HeadAttention build() throws FormatException {
    return build(0);
  }

  /// Attention of one layer.
  public HeadAttention build(int layer) throws FormatException {
    if (heads[layer] == 0 || keyValueHeads[layer] == 0) {
      throw keys.error("has no heads in layer " + layer);
    }
    return new HeadAttention(
        heads[layer],
        keyValueHeads[layer],
        keyLength,
        valueLength,
        (float) scales.applyAsDouble(layer),
        windows.apply(layer),
        rotated.test(layer) ? rotary : Optional.empty(),
        headNorms,
        (float) bias,
        (float) cap,
        (float) clamp,
        clampsNormed,
        temperature,
        growth,
        sinks.test(layer),
        sparse.apply(layer),
        hasOutputNorm,
        gate(layer),
        (float) valueScale,
        values,
        source.apply(layer));
  }

  /// A tensor of its own says whether heads or features have factors.
  private Optional<HeadAttention.OutputGate> gate(int layer) throws FormatException {
    if (gate.isEmpty()) {
      return Optional.empty();
    }
    int features = heads[layer] * valueLength;
    boolean isOfHeads =
        switch (gatePlace) {
          case APART -> keys.rows("blk.%d.attn_gate.weight".formatted(layer)) == heads[layer];
          case WITH_QUERIES -> {
            if (keyLength != valueLength) {
              throw keys.error(
                  "has queries of %d features and values of %d, expected as many"
                      .formatted(keyLength, valueLength));
            }
            yield false;
          }
        };
    return Optional.of(
        new HeadAttention.OutputGate(gate.get(), isOfHeads ? heads[layer] : features, gatePlace));
  }
}

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

/// Attention with a key and a value per token in each head; several heads of queries may share
/// those of one. Made by [#builder].
///
/// @param heads of queries
/// @param keyValueHeads of keys and values
/// @param keyLength features of a head of queries and keys
/// @param valueLength features of a head of values
/// @param scale factor of the products of queries and keys
/// @param window which keys a query sees
/// @param rotary how queries and keys are rotated by their positions, if they are
/// @param headNorms how queries and keys are normed
/// @param bias by how much the first head's scores fall per token of distance; 0 if none do
/// @param cap that scores approach softly; infinite if there is none
/// @param clamp largest value of queries, keys and values; infinite if any may be
/// @param clampsNormed whether that holds after their norms, or before
/// @param temperature how queries grow with the position, if they do
/// @param growth how scores grow with the query's position after they are capped, if they do
/// @param hasSinks whether each head has a score for no key at all
/// @param sparse which blocks of earlier tokens the heads see, if not all
/// @param hasOutputNorm whether a norm stands before the output matrix (`attn_sub_norm`)
/// @param gate what the result is multiplied by, if it is
/// @param valueScale factor of values
/// @param values what they are made of
/// @param source the earlier layer whose keys and values these heads use, if they have none
public record HeadAttention(
    int heads,
    int keyValueHeads,
    int keyLength,
    int valueLength,
    float scale,
    Window window,
    Optional<Rotary> rotary,
    HeadNorms headNorms,
    float bias,
    float cap,
    float clamp,
    boolean clampsNormed,
    Optional<Temperature> temperature,
    Optional<ScoreGrowth> growth,
    boolean hasSinks,
    Optional<SparseBlocks> sparse,
    boolean hasOutputNorm,
    Optional<OutputGate> gate,
    float valueScale,
    Values values,
    OptionalInt source)
    implements Attention {

  /// How queries and keys are normed.
  public enum HeadNorms {
    NONE,
    /// Each head, before positions enter, with weights `attn_q_norm` and `attn_k_norm`.
    EACH_HEAD,
    /// The same after the rotation.
    EACH_ROTATED_HEAD,
    /// Each head before the rotation, with weights of its own.
    OWN_WEIGHTS,
    /// All heads as one, likewise.
    ALL_HEADS,
    /// Each head, after the rotation, without weights.
    UNWEIGHTED
  }

  /// What values are made of.
  public enum Values {
    /// A projection of their own.
    OWN,
    /// The same, each head normed without weights.
    OWN_NORMED,
    /// What keys are before their norm, normed without weights.
    KEYS_NORMED
  }

  /// Factors of what attention gives, which each token computes from what queries are made of.
  ///
  /// @param function what makes factors of the products
  /// @param features one for each head, or one for each feature
  /// @param place of the matrix that makes them
  public record OutputGate(GateFunction function, int features, GatePlace place) {}

  /// Where the matrix is that makes factors.
  public enum GatePlace {
    /// In a tensor of its own, `attn_gate.weight`.
    APART,
    /// In `attn_q.weight`: the rows of a head's factors follow those of its queries.
    WITH_QUERIES
  }

  /// What makes factors.
  public enum GateFunction {
    /// `1 / (1 + exp(-x))`.
    SIGMOID,
    /// `log(1 + exp(x))`.
    SOFTPLUS
  }

  public int queryFeatures() {
    return heads * keyLength;
  }

  public int keyFeatures() {
    return keyValueHeads * keyLength;
  }

  public int valueFeatures() {
    return keyValueHeads * valueLength;
  }

  /// Features that attention gives before its output matrix.
  public int outputFeatures() {
    return heads * valueLength;
  }

  /// Whether factors of what attention gives are made by the matrix of queries.
  public boolean isGatedByQueries() {
    return gate.isPresent()
        && switch (gate.get().place()) {
          case APART -> false;
          case WITH_QUERIES -> true;
        };
  }

  /// Attention to the whole text before, with the sizes and the scale that the metadata name.
  public static Builder builder(Keys keys) throws FormatException {
    return new Builder(keys, "");
  }

  /// The same with the lengths that heads have in layers with a window.
  public static Builder ofWindow(Keys keys) throws FormatException {
    return new Builder(keys, "_swa");
  }

  /// Describes attention.
  public static final class Builder {
    private final Keys keys;
    private final int[] heads;
    private final int[] keyValueHeads;
    private final int keyLength;
    private final int valueLength;
    private IntToDoubleFunction scales;
    private IntFunction<Window> windows = layer -> Window.ALL;
    private Optional<Rotary> rotary = Optional.empty();
    private IntPredicate rotated = layer -> true;
    private HeadNorms headNorms = HeadNorms.NONE;
    private double bias;
    private double cap = Double.POSITIVE_INFINITY;
    private double clamp = Double.POSITIVE_INFINITY;
    private boolean clampsNormed;
    private Optional<Temperature> temperature = Optional.empty();
    private Optional<ScoreGrowth> growth = Optional.empty();
    private IntPredicate sinks = layer -> false;
    private IntFunction<Optional<SparseBlocks>> sparse = layer -> Optional.empty();
    private boolean hasOutputNorm;
    private Optional<GateFunction> gate = Optional.empty();
    private GatePlace gatePlace = GatePlace.APART;
    private double valueScale = 1;
    private Values values = Values.OWN;
    private IntFunction<OptionalInt> source = layer -> OptionalInt.empty();

    /// @param end of the names of the keys with the lengths of heads
    private Builder(Keys keys, String end) throws FormatException {
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
    public Builder scaledByRootOf(int length) {
      double scale = 1 / Math.sqrt(length);
      scales = layer -> scale;
      return this;
    }

    /// Multiplies products of queries and keys by a number.
    public Builder scaledBy(double factor) {
      scales = layer -> factor;
      return this;
    }

    public Builder window(Window seen) {
      windows = layer -> seen;
      return this;
    }

    /// A window of so many tokens, or none if there are zero.
    public Builder slidingWindow(int length) {
      return window(window(length));
    }

    private static Window window(int length) {
      return length == 0 ? Window.ALL : Window.sliding(length);
    }

    /// Rotary positions as the metadata describe them.
    public Builder rotary(Rotary.Order order) throws FormatException {
      return rotary(Rotary.builder(keys, order));
    }

    public Builder rotary(Rotary.Builder positions) throws FormatException {
      rotary = Optional.of(positions.build(keyLength));
      return this;
    }

    public Builder headNorms(HeadNorms norms) {
      headNorms = norms;
      return this;
    }

    /// Lowers scores with the distance (ALiBi): in the first of `n` heads by `2^(-most / n)` per
    /// token, in the next ones by its powers.
    public Builder distanceBias(double most) {
      bias = most;
      return this;
    }

    /// Caps scores softly.
    public Builder scoreCap(double most) {
      cap = most;
      return this;
    }

    /// Bounds queries, keys and values.
    public Builder clamp(double most) {
      clamp = most;
      return this;
    }

    /// Bounds queries and keys after their norms, and values.
    public Builder clampNormed(double most) {
      clampsNormed = true;
      return clamp(most);
    }

    public Builder temperature(Optional<Temperature> growth) {
      temperature = growth;
      return this;
    }

    /// Scores grow with the query's position after they are capped.
    public Builder growth(Optional<ScoreGrowth> withPosition) {
      growth = withPosition;
      return this;
    }

    /// Each head may attend to nothing: `attn_sinks.weight`.
    public Builder sinks() {
      return sinks(layer -> true);
    }

    /// The same on some layers.
    public Builder sinks(IntPredicate ofLayers) {
      sinks = ofLayers;
      return this;
    }

    /// Blocks of earlier tokens that heads see on the layers that the metadata name, if they do.
    public Builder sparseBlocks() throws FormatException {
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
    public Builder outputNorm() {
      hasOutputNorm = true;
      return this;
    }

    /// Multiplies what attention gives by factors that follow from its input.
    public Builder outputGate(GateFunction function) {
      gate = Optional.of(function);
      return this;
    }

    /// Multiplies each feature of what attention gives by a factor that the matrix of queries makes
    /// beside them.
    public Builder gatedByQueries(GateFunction function) {
      gatePlace = GatePlace.WITH_QUERIES;
      return outputGate(function);
    }

    /// Multiplies values by a number.
    public Builder valueScale(double factor) {
      valueScale = factor;
      return this;
    }

    public Builder values(Values kind) {
      values = kind;
      return this;
    }

    /// Layers whose keys and values others use.
    ///
    /// @param ofLayer the earlier layer that a layer takes them from, if it does
    public Builder source(IntFunction<OptionalInt> ofLayer) {
      source = ofLayer;
      return this;
    }

    /// A sliding window on some layers.
    ///
    /// @param usual whether a layer has one where the metadata say nothing
    /// @param length of the window; none has one if it is zero
    public Builder windows(IntPredicate usual, int length) throws FormatException {
      Window sliding = window(length);
      boolean[] isLocal = keys.windows(usual);
      windows = layer -> isLocal[layer] ? sliding : Window.ALL;
      return this;
    }

    /// A sliding window of the length that the metadata name on the layers that they name.
    public Builder windows() throws FormatException {
      return windows(layer -> false, keys.countOrZero("attention.sliding_window"));
    }

    /// Rotary positions on some layers only.
    ///
    /// @param usual whether a layer has them where the metadata say nothing
    public Builder rotatedLayers(IntPredicate usual) throws FormatException {
      boolean[] isRotated = keys.rotated(usual);
      rotated = layer -> isRotated[layer];
      return this;
    }

    /// Scales of each layer, if the metadata name them.
    public Builder layerScales() throws FormatException {
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
    private Optional<OutputGate> gate(int layer) throws FormatException {
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
          new OutputGate(gate.get(), isOfHeads ? heads[layer] : features, gatePlace));
    }
  }

  /// For each head by how much scores fall per token of distance; empty if they do not.
  ///
  /// With `n` the largest power of two of heads, the first `n` take the powers of `2^(-bias / n)`,
  /// the others those that lie between.
  public float[] slopes() {
    if (bias == 0) {
      return new float[0];
    }
    float[] slopes = new float[heads];
    int even = Integer.highestOneBit(heads);
    for (int head = 0; head < heads; head++) {
      double power =
          head < even
              ? (double) bias / even * (head + 1)
              : (double) bias / (2 * even) * (2 * (head - even) + 1);
      slopes[head] = (float) StrictMath.pow(2, -power);
    }
    return slopes;
  }
}

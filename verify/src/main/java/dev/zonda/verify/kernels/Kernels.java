package dev.zonda.verify.kernels;

/// The operations of a transformer on strips of tokens; one implementation per kind of machine, all
/// with equal bits.
///
/// Strip arrays are addressed by the index of a strip's first value; feature `f` of lane `l` lies
/// [#lanes]` * f + l` after it. No operation allocates; all are safe for use by many threads.
public interface Kernels {
  /// Features whose squares [#rmsNorm] sums in one chain.
  int NORM_BLOCK = 64;

  /// Tokens per strip.
  int lanes();

  /// Rows that the matrix product processes at once; multiples of this number are fastest.
  int rowsAtOnce();

  /// What this is, for people: `512-bit vectors`.
  String description();

  /// Adds the product of a panel of weights and a strip: `y[r] += chain over k of panel[r][k] *
  /// x[k]`, each chain starting from zero.
  ///
  /// @param rows used of the panel, from the first
  /// @param columns used of each row, at most [Panel#COLUMNS]
  /// @param x strip whose feature 0 meets the panel's column 0
  /// @param y strip whose feature 0 takes the panel's row 0
  void multiplyPanel(Panel panel, int rows, int columns, float[] x, int xAt, float[] y, int yAt);

  /// Adds the product of any strided matrix and a strip, continuing the chains that `y` holds:
  /// `y[r] = fma(a[r][k], x[k], y[r])` for each `k` in order.
  void multiply(Strided a, int rows, int columns, float[] x, int xAt, float[] y, int yAt);

  /// A matrix in an array: element (row, column) lies at `at + row * rowStride + column *
  /// columnStride`.
  @SuppressWarnings("ArrayRecordComponent") // A view of scratch memory, never compared.
  record Strided(float[] values, int at, int rowStride, int columnStride) {}

  /// Root-mean-square norm over the features of a strip: `y = x / sqrt(mean(x²) + epsilon) *
  /// weight`. The squares are summed in chains of [#NORM_BLOCK] features.
  void rmsNorm(float[] x, int xAt, int features, float[] weight, float epsilon, float[] y, int yAt);

  /// Layer norm over the features of a strip: `y = (x - mean) / sqrt(variance + epsilon) * weight +
  /// bias`. Values and squares are summed in chains of [#NORM_BLOCK] features.
  void layerNorm(
      float[] x, int xAt, int features, Affine affine, float epsilon, float[] y, int yAt);

  /// Factors and summands of features.
  @SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
  record Affine(float[] weight, float[] bias) {}

  /// Rotates pairs of features by the angles of a table, in place.
  ///
  /// @param pairs which features belong together
  void rotate(float[] x, int xAt, Pairs pairs, float[] cos, float[] sin, int tableAt);

  /// Pairs of features: pair `i` is feature `i * step` and the one [#distance] after it.
  record Pairs(int count, int step, int distance) {
    /// Features next to each other.
    public static Pairs neighbours(int count) {
      return new Pairs(count, 2, 1);
    }

    /// Each feature of the first half with one of the second.
    public static Pairs halves(int count) {
      return new Pairs(count, 1, count);
    }
  }

  /// The gated activation of SwiGLU, in place: `gate = gate / (1 + exp(-gate)) * up`.
  void swiGlu(float[] gate, int gateAt, float[] up, int upAt, int count);

  /// Another gated activation, in place, with `gate` at most `limit` and `up` within it on both
  /// sides: `gate = gate / (1 + exp(-steepness * gate)) * (up + 1)`.
  void boundedSwiGlu(
      float[] gate, int gateAt, float[] up, int upAt, int count, float limit, float steepness);

  /// `x = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))`, in place.
  void gelu(float[] x, int at, int count);

  /// `x` times the normal distribution function of `x`, in place.
  void exactGelu(float[] x, int at, int count);

  /// `x += y` on `count` values, a multiple of the lanes.
  void add(float[] x, int xAt, float[] y, int yAt, int count);

  /// `x *= y` on `count` values, a multiple of the lanes.
  void multiply(float[] x, int xAt, float[] y, int yAt, int count);

  /// Adds a number to each feature of a strip.
  ///
  /// @param bias one number per feature
  void addBias(float[] x, int xAt, int features, float[] bias, int biasAt);

  /// Multiplies each token of a strip by a number.
  ///
  /// @param factors one number per lane
  void scaleLanes(float[] x, int xAt, int features, float[] factors, int factorsAt);

  /// `x = cap * tanh(x * factor / cap)` on `count` values, a multiple of the lanes.
  void softCap(float[] x, int at, int count, float factor, float cap);

  /// `x = max(low, min(x, high))` on `count` values, a multiple of the lanes.
  void clamp(float[] x, int at, int count, float low, float high);

  /// `x = x / (1 + exp(-steepness * x))` on `count` values, a multiple of the lanes.
  void selfGate(float[] x, int at, int count, float steepness);

  /// `x = 1 / (1 + exp(-x))` on `count` values, a multiple of the lanes.
  void sigmoid(float[] x, int at, int count);

  /// `x = log(1 + exp(x))` on `count` values, a multiple of the lanes.
  void softplus(float[] x, int at, int count);

  /// One token of a block of channels: lets states fade and writes to them, `state = exp(rate *
  /// step) * state + written * writing`, and reads them, `read = sum of reading * state`.
  void scan(ChannelScan.Token token);

  /// Turns the scores of one strip of queries into weights, in place: softmax over the keys.
  ///
  /// @param scores one strip row per key; `-infinity` where a query must not see the key
  /// @param scale factor of the scores before exponentiation
  void softmax(float[] scores, int keys, float scale);

  /// Lets tokens, one after the other, change a state by the delta rule and read it: see
  /// [ChannelDelta]. Each lane is another feature of values. Sums over the features of a key are
  /// four chains, of every fourth feature each; the first two and the last two are added first.
  ///
  /// @param memory that holds all
  /// @param state index of the state: a row of lanes for each feature of keys
  /// @param values index of the values, a row of lanes for each token, in whose place comes what
  ///   tokens read
  void delta(float[] memory, ChannelDelta.Tokens tokens, int state, int values);

  /// `out = exp(x - shift)` on any number of neighbouring values.
  void exp(float[] x, int xAt, float shift, float[] out, int outAt, int count);
}

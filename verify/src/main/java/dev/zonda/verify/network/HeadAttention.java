package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.SparseBlocks;
import dev.zonda.verify.kernels.Window;
import java.util.Optional;
import java.util.OptionalInt;

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
  public static HeadAttentionBuilder builder(Keys keys) throws FormatException {
    return new HeadAttentionBuilder(keys, "");
  }

  /// The same with the lengths that heads have in layers with a window.
  public static HeadAttentionBuilder ofWindow(Keys keys) throws FormatException {
    return new HeadAttentionBuilder(keys, "_swa");
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

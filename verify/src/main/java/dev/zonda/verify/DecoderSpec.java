package dev.zonda.verify;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.kernels.Attention;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A decoder network as its GGUF metadata describe it: everything about the forward pass but the
/// weights.
///
/// @param layers number of blocks
/// @param hidden features of the residual stream
/// @param feedForward features inside the feed-forward part
/// @param vocabulary tokens, from the shape of the embedding
/// @param normEpsilon added to the mean square before the root
/// @param attention heads, their lengths, and the window
/// @param rotary how positions enter queries and keys
public record DecoderSpec(
    int layers,
    int hidden,
    int feedForward,
    int vocabulary,
    float normEpsilon,
    Attention attention,
    Rotary rotary) {

  private static final String TOKENS = "tokenizer.ggml.tokens";

  /// Rotary positions on pairs of neighbouring features.
  ///
  /// @param dimensions features of a head that are rotated
  /// @param base of the geometric row of wavelengths
  /// @param factor by which positions are divided (linear scaling)
  public record Rotary(int dimensions, double base, double factor) {
    /// Angle per position of each pair.
    ///
    /// @param divisors of the angles, one per pair (tensor `rope_freqs.weight`)
    double[] frequencies(float[] divisors) {
      double[] frequencies = new double[dimensions / 2];
      for (int pair = 0; pair < frequencies.length; pair++) {
        frequencies[pair] =
            StrictMath.pow(base, -2.0 * pair / dimensions) / factor / divisors[pair];
      }
      return frequencies;
    }
  }

  /// Reads the network of a model.
  ///
  /// @throws FormatException if keys are missing or contradict each other, or the forward pass
  ///   cannot do what they ask for
  public static DecoderSpec of(GgufModel model) throws FormatException {
    SpecReader keys = SpecReader.of(model);
    keys.refuse("expert_count", 0, "mixtures of experts cannot be evaluated");

    int hidden = keys.count("embedding_length");
    int heads = keys.count("attention.head_count");
    int keyValueHeads = keys.count("attention.head_count_kv", heads);
    int keyLength = keys.count("attention.key_length", hidden / heads);
    int valueLength = keys.count("attention.value_length", hidden / heads);
    int window = keys.count("attention.sliding_window", Integer.MAX_VALUE);
    requireFeatures(keys, heads, keyLength, valueLength);
    if (heads % keyValueHeads != 0) {
      throw keys.error("%d heads cannot share %d key/value heads".formatted(heads, keyValueHeads));
    }

    int rotated = keys.count("rope.dimension_count", keyLength);
    if (rotated % 2 != 0 || rotated > keyLength) {
      throw keys.error("%d rotated of %d features of a head".formatted(rotated, keyLength));
    }
    String scaling = keys.text("rope.scaling.type", "none");
    double factor =
        switch (scaling) {
          case "none" -> 1;
          case "linear" -> keys.number("rope.scaling.factor", 1);
          default -> throw keys.error("rope scaling '" + scaling + "' cannot be evaluated");
        };

    return new DecoderSpec(
        keys.count("block_count"),
        hidden,
        keys.count("feed_forward_length"),
        vocabulary(model, hidden),
        (float) keys.number("attention.layer_norm_rms_epsilon"),
        new Attention(heads, keyValueHeads, keyLength, valueLength, window),
        new Rotary(rotated, keys.number("rope.freq_base", 10000), factor));
  }

  /// Features of all query heads.
  int queryFeatures() {
    return attention.heads() * attention.keyLength();
  }

  /// Features of all heads of keys.
  int keyFeatures() {
    return attention.keyValueHeads() * attention.keyLength();
  }

  /// Features of all heads of values.
  int valueFeatures() {
    return attention.keyValueHeads() * attention.valueLength();
  }

  /// Features that attention gives out.
  int attentionFeatures() {
    return attention.heads() * attention.valueLength();
  }

  /// Floats that the forward pass holds per token.
  long floatsPerToken() {
    return 2L * hidden
        + queryFeatures()
        + keyFeatures()
        + valueFeatures()
        + attentionFeatures()
        + 2L * feedForward;
  }

  /// The product of two counts may not fit an `int`, and a head of no features divides by zero.
  private static void requireFeatures(SpecReader keys, int heads, int keyLength, int valueLength)
      throws FormatException {
    int shorter = Math.min(keyLength, valueLength);
    long most = (long) heads * Math.max(keyLength, valueLength);
    if (shorter < 1 || most > SpecReader.MAX_COUNT) {
      throw keys.error(
          "%d heads of %d and %d features, expected 1 to %d of all heads"
              .formatted(heads, keyLength, valueLength, SpecReader.MAX_COUNT));
    }
  }

  private static int vocabulary(GgufModel model, int hidden) throws FormatException {
    Path name = Path.of(model.name());
    TensorInfo embedding =
        model
            .find(DecoderWeights.EMBEDDING)
            .orElseThrow(
                () -> FormatException.in(name, "has no tensor '" + DecoderWeights.EMBEDDING + "'"));
    long rows = embedding.shape().rows();
    if (embedding.shape().rowLength() != hidden || rows < 1 || rows > SpecReader.MAX_COUNT) {
      throw FormatException.in(
          name,
          "tensor '%s' has shape %s, expected rows of %d"
              .formatted(embedding.name(), embedding.shape(), hidden));
    }
    Optional<List<MetadataValue>> tokens = model.metadata().array(TOKENS);
    if (tokens.isPresent() && tokens.get().size() != rows) {
      throw FormatException.in(
          name,
          "%s has %d tokens, but '%s' has %d rows"
              .formatted(TOKENS, tokens.get().size(), embedding.name(), rows));
    }
    return (int) rows;
  }
}

package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import java.util.Optional;

/// Attention whose keys and values of all heads are made from one short vector per token. A head of
/// queries and keys has a plain part and a rotated one; the keys' rotated part is the same in all
/// heads.
///
/// @param expansion how the matrices that make keys and values are stored
/// @param heads of queries, keys and values
/// @param queryRank features of the short vector that queries are made from; 0 if there is none
/// @param rank features of the short vector that keys and values are made from
/// @param plain features of a head of keys that do not depend on the position
/// @param rotated features of a head of keys that do
/// @param valueLength features of a head of values
/// @param norm of the short vectors
/// @param scale factor of the products of queries and keys
/// @param rotary positions, unless no part is rotated, whatever it is called
/// @param temperature how queries grow with the position, if they do
public record LatentAttention(
    Expansion expansion,
    int heads,
    int queryRank,
    int rank,
    int plain,
    int rotated,
    int valueLength,
    Norm norm,
    float scale,
    Optional<Rotary> rotary,
    Optional<Temperature> temperature)
    implements Attention {

  /// How the matrices that make keys and values from the short vector are stored.
  public enum Expansion {
    /// The transposed ones of keys, `attn_k_b`, and those of values, `attn_v_b`.
    SPLIT,
    /// All in one, `attn_kv_b`, in files of converters before April 2025.
    JOINED
  }

  public int queryLength() {
    return plain + rotated;
  }

  /// Features by which a query and a short vector are compared.
  public int latentLength() {
    return rank + rotated;
  }

  /// Attention with the sizes that the metadata name.
  ///
  /// @param multiplier by which YaRN's logarithm raises products of queries and keys
  public static LatentAttention of(
      Keys keys, Rotary.Builder positions, double multiplier, Optional<Temperature> temperature)
      throws FormatException {
    Rotary rotary = positions.build(keys.count("rope.dimension_count"));
    double magnitude = magnitude(rotary, keys.number("rope.scaling.factor", 1), multiplier);
    // With split matrices, the keys without the suffix hold the lengths of heads in the form of the
    // short vector.
    boolean isSplit = keys.has("attention.key_length_mla");
    return of(
        keys,
        isSplit ? Expansion.SPLIT : Expansion.JOINED,
        isSplit ? "_mla" : "",
        magnitude * magnitude,
        Optional.of(rotary),
        temperature);
  }

  /// The same without positions.
  public static LatentAttention unrotated(Keys keys, int layer) throws FormatException {
    boolean isJoined = keys.hasTensor("blk.%d.attn_kv_b.weight".formatted(layer));
    return of(
        keys,
        isJoined ? Expansion.JOINED : Expansion.SPLIT,
        "_mla",
        1,
        Optional.empty(),
        Optional.empty());
  }

  /// @param suffix of the keys with the lengths of heads
  /// @param factor of the products of queries and keys, besides their length
  private static LatentAttention of(
      Keys keys,
      Expansion expansion,
      String suffix,
      double factor,
      Optional<Rotary> rotary,
      Optional<Temperature> temperature)
      throws FormatException {
    int heads = keys.count("attention.head_count");
    int rank = keys.count("attention.kv_lora_rank");
    int rotated = keys.count("rope.dimension_count");
    int length = keys.count("attention.key_length" + suffix);
    int valueLength =
        keys.count("attention.value_length" + suffix, Math.max(1, keys.hidden() / heads));
    int queryRank = keys.countOrZero("attention.q_lora_rank");
    if (rotated >= length) {
      throw keys.error(
          "rotates %d of %d features of a head, expected fewer than all"
              .formatted(rotated, length));
    }
    long most = (long) heads * Math.max(Math.max(length, valueLength), rank + rotated);
    if (most > Keys.MAX_COUNT) {
      throw keys.error(
          ("has %d heads of %d, %d and %d features, expected at most %d features of all heads"
                  + " together")
              .formatted(heads, length, valueLength, rank + rotated, Keys.MAX_COUNT));
    }
    return new LatentAttention(
        expansion,
        heads,
        queryRank,
        rank,
        length - rotated,
        rotated,
        valueLength,
        new Norm(
            Norm.Kind.RMS,
            (float)
                keys.number(
                    "attention.latent_norm_epsilon",
                    keys.number("attention.layer_norm_rms_epsilon"))),
        (float) (factor / Math.sqrt(length)),
        rotary,
        temperature);
  }

  /// This attention with products of queries and keys that are divided by the root of their length,
  /// or scaled as the metadata say, whatever the rotation's magnitude.
  public LatentAttention scaledByLength(Keys keys) throws FormatException {
    return new LatentAttention(
        expansion,
        heads,
        queryRank,
        rank,
        plain,
        rotated,
        valueLength,
        norm,
        (float) keys.number("attention.scale", 1 / Math.sqrt(queryLength())),
        rotary,
        temperature);
  }

  /// The factor by which queries and keys are stretched, by llama.cpp's formula, which treats the
  /// rotation's magnitude as YaRN's even if the rotation is stretched in another way.
  private static double magnitude(Rotary rotary, double factor, double multiplier) {
    double ofRotation =
        rotary.scaling() instanceof Rotary.Scaling.Yarn
            ? rotary.magnitude()
            : rotary.magnitude() * Rotary.yarnMagnitude(factor, 1);
    return ofRotation * Rotary.yarnMagnitude(factor, multiplier);
  }
}

package dev.zonda.convert.rules;

import dev.zonda.formats.FormatException;

/// A dimension of a tensor by its meaning, so that rules can say which shape they expect.
///
/// @param meaning in terms of config.json's fields
/// @param size its value in a model
public record Dimension(String meaning, Size size) {
  /// Computes a dimension.
  @FunctionalInterface
  public interface Size {
    long of(ModelSizes sizes) throws FormatException;
  }

  public static final Dimension ONE = new Dimension("1", sizes -> 1);
  public static final Dimension HIDDEN = of("hidden_size");
  public static final Dimension FEED_FORWARD = of("intermediate_size");
  public static final Dimension VOCABULARY = of("vocab_size");
  public static final Dimension HEAD = new Dimension("head_dim", ModelSizes::headLength);
  public static final Dimension HEADS = new Dimension("num_attention_heads", ModelSizes::heads);
  public static final Dimension KEY_HEADS =
      new Dimension("num_key_value_heads", ModelSizes::keyValueHeads);
  public static final Dimension QUERIES =
      new Dimension(
          "num_attention_heads * head_dim", sizes -> (long) sizes.heads() * sizes.headLength());
  public static final Dimension KEYS =
      new Dimension(
          "num_key_value_heads * head_dim",
          sizes -> (long) sizes.keyValueHeads() * sizes.headLength());

  /// Queries, keys and values in one.
  public static final Dimension QUERIES_KEYS_VALUES = QUERIES.plus(KEYS).plus(KEYS);

  /// A field of config.json that is a size.
  public static Dimension of(String field) {
    return new Dimension(field, sizes -> sizes.config().size(field));
  }

  public Dimension plus(Dimension other) {
    return new Dimension(
        meaning + " + " + other.meaning,
        sizes -> Math.addExact(size.of(sizes), other.size.of(sizes)));
  }

  public Dimension times(long factor) {
    return new Dimension(
        factor + " * " + meaning, sizes -> Math.multiplyExact(factor, size.of(sizes)));
  }

  public Dimension times(Dimension other) {
    return new Dimension(
        meaning + " * (" + other.meaning + ")",
        sizes -> Math.multiplyExact(size.of(sizes), other.size.of(sizes)));
  }

  public long of(ModelSizes sizes) throws FormatException {
    return size.of(sizes);
  }
}

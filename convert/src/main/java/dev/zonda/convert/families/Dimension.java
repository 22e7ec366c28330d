package dev.zonda.convert.families;

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

  static final Dimension HIDDEN = of("hidden_size");
  static final Dimension FEED_FORWARD = of("intermediate_size");
  static final Dimension VOCABULARY = of("vocab_size");
  static final Dimension HEAD = new Dimension("head_dim", ModelSizes::headLength);
  static final Dimension HEADS = new Dimension("num_attention_heads", ModelSizes::heads);
  static final Dimension QUERIES =
      new Dimension(
          "num_attention_heads * head_dim", sizes -> (long) sizes.heads() * sizes.headLength());
  static final Dimension KEYS =
      new Dimension(
          "num_key_value_heads * head_dim",
          sizes -> (long) sizes.keyValueHeads() * sizes.headLength());

  /// Queries, keys and values in one.
  static final Dimension QUERIES_KEYS_VALUES = QUERIES.plus(KEYS).plus(KEYS);

  /// A field of config.json that is a size.
  static Dimension of(String field) {
    return new Dimension(field, sizes -> sizes.config().size(field));
  }

  Dimension plus(Dimension other) {
    return new Dimension(
        meaning + " + " + other.meaning,
        sizes -> Math.addExact(size.of(sizes), other.size.of(sizes)));
  }

  Dimension times(long factor) {
    return new Dimension(
        factor + " * " + meaning, sizes -> Math.multiplyExact(factor, size.of(sizes)));
  }

  Dimension times(Dimension other) {
    return new Dimension(
        meaning + " * (" + other.meaning + ")",
        sizes -> Math.multiplyExact(size.of(sizes), other.size.of(sizes)));
  }

  long of(ModelSizes sizes) throws FormatException {
    return size.of(sizes);
  }
}

package dev.zonda.convert.rules;

/// Where in a head the two values lie that rotary embedding turns together.
public enum RotaryOrder {
  /// Half a head apart, as in Hugging Face's layout.
  HALVES,
  /// Next to each other, as ggml wants them, and as Meta and Mistral store them.
  PAIRS
}

package dev.zonda.convert.rules;

/// How transformers applies rotary embedding in a family, and what llama.cpp makes of a file's keys
/// for it.
public enum RopeStyle {
  /// All layers alike.
  USUAL,
  /// YaRN's ramp begins and ends between pairs of values, as published models have it, unless
  /// config.json says otherwise.
  EXACT_RAMP,
  /// Layers with a window have parameters of their own, in config.json too.
  BY_LAYER_TYPE,
  /// The same, and llama.cpp does not stretch layers with a window as it does others.
  PLAIN_WINDOWS,
  /// The same, and layers without a window rotate a part of each head at the speeds that it has in
  /// the whole of it.
  PROPORTIONAL,
  /// YaRN's magnitude is divided by what it is with the file's multiplier of the logarithm.
  DIVIDED,
  /// Latent attention, whose scores YaRN raises, too.
  LATENT,
  /// Both of the last two.
  LATENT_DIVIDED,
  /// The type `dynamic` with an `alpha` is another base, whatever the length of a text.
  ALPHA,
  /// YaRN's type and others stand for LongRoPE.
  LONG;

  boolean isByLayerType() {
    return this == BY_LAYER_TYPE || this == PLAIN_WINDOWS || this == PROPORTIONAL;
  }

  boolean isLatent() {
    return this == LATENT || this == LATENT_DIVIDED;
  }
}

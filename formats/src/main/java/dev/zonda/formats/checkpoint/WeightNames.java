package dev.zonda.formats.checkpoint;

/// Whose names for tensors and settings a checkpoint folder has.
public enum WeightNames {
  /// Hugging Face's, as `config.json` and `model.safetensors` have them.
  HUGGING_FACE,
  /// Those of Meta and Mistral, as `params.json` and `consolidated.*` have them.
  CONSOLIDATED
}

package dev.zonda.convert.config;

/// What becomes of the layers that predict further tokens (multi-token prediction, NextN), which
/// serve to draft texts.
public enum PredictorChoice {
  /// They are in the file, behind the network's own layers.
  KEEP,
  /// They are not.
  LEAVE_OUT,
  /// They are all that is in the file, with the embedding, the last norm and the output matrix.
  ONLY
}

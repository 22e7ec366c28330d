package dev.zonda.verify.gates;

/// The samples of one candidate at the tokens of a text's chunks.
public interface ChunkSamples {
  /// The candidate.
  String model();

  /// Tokens that are scored in each chunk.
  int tokensPerChunk();

  /// The means of chunks, from which a metric is computed.
  ///
  /// @param metric not a quantile
  /// @param chunks their numbers
  double[] means(Metric metric, int... chunks);

  /// The share of each chunk's tokens whose divergence is larger.
  double[] sharesAbove(double divergence, int... chunks);

  /// A quantile of the divergences of all tokens in chunks.
  double quantile(double share, int... chunks);
}

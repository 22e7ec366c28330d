package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.network.LatentAttention;
import dev.zonda.verify.network.Rotary;
import java.io.IOException;
import java.util.Optional;

/// Attention whose keys and values are made from one short vector per token.
///
/// @param queryDown (queryRank, hidden), where queries have a short vector of their own
/// @param queryNorm of that vector
/// @param query (heads * (plain + rotated), queryRank or hidden)
/// @param latent (rank + rotated, hidden): the short vector, and the rotated part of all keys
/// @param latentNorm of the short vector
/// @param heads compare queries with short vectors
/// @param output (hidden, heads * valueLength)
record LatentAttentionPart(
    LatentAttention network,
    Optional<Linear> queryDown,
    Optional<NormWeights> queryNorm,
    Linear query,
    Linear latent,
    NormWeights latentNorm,
    LatentHeads heads,
    Linear output)
    implements AttentionPart {

  static LatentAttentionPart of(LatentAttention network, Tensors tensors, String block, int hidden)
      throws FormatException {
    int heads = network.heads();
    int rank = network.rank();
    int queryRank = network.queryRank();
    int queries = heads * network.queryLength();
    boolean isDirect = queryRank == 0 || tensors.has(block + "attn_q.weight");
    return new LatentAttentionPart(
        network,
        isDirect
            ? Optional.empty()
            : Optional.of(tensors.linear(block + "attn_q_a", queryRank, hidden)),
        isDirect
            ? Optional.empty()
            : Optional.of(tensors.norm(block + "attn_q_a_norm", queryRank, network.norm())),
        isDirect
            ? tensors.linear(block + "attn_q", queries, hidden)
            : tensors.linear(block + "attn_q_b", queries, queryRank),
        tensors.linear(block + "attn_kv_a_mqa", network.latentLength(), hidden),
        tensors.norm(block + "attn_kv_a_norm", rank, network.norm()),
        LatentHeads.of(network, tensors, block),
        tensors.linear(block + "attn_output", hidden, heads * network.valueLength()));
  }

  static int workFeatures(LatentAttention network) {
    return network.queryRank()
        + network.heads() * (network.queryLength() + network.valueLength())
        + network.latentLength()
        + LatentHeads.workFeatures(network);
  }

  @Override
  public void run(Pass pass, Activations x, Activations out) throws IOException {
    Activations queries = pass.work().take(network.heads() * network.queryLength());
    Activations made = pass.work().take(network.heads() * network.valueLength());
    Activations shared = pass.work().take(network.latentLength());
    makeQueries(pass, x, queries);
    pass.multiply(latent, x, shared);
    Activations shortVector = shared.part(0, network.rank());
    pass.norm(latentNorm, shortVector, shortVector);

    if (network.rotary().isPresent()) {
      // Positions: the end of each query, and that of the one key.
      Rotary rotary = network.rotary().get();
      pass.rotate(rotary, shared.part(network.rank(), network.rotated()), network.rotated());
      for (int head = 0; head < network.heads(); head++) {
        pass.rotate(rotary, rotatedPart(queries, head), network.rotated());
      }
    }
    if (network.temperature().isPresent()) {
      float[] factors =
          HeadAttentionPart.factors(network.temperature().get()::factor, pass.batch());
      pass.scaleTokens(queries, factors);
    }

    heads.attend(pass, queries, shared, made);
    pass.multiply(output, made, out);
  }

  private void makeQueries(Pass pass, Activations x, Activations queries) throws IOException {
    if (queryDown.isEmpty()) {
      pass.multiply(query, x, queries);
      return;
    }
    Activations down = pass.work().take(network.queryRank());
    pass.multiply(queryDown.get(), x, down);
    pass.norm(queryNorm.orElseThrow(), down, down);
    pass.multiply(query, down, queries);
  }

  private Activations rotatedPart(Activations queries, int head) {
    return queries.part(head * network.queryLength() + network.plain(), network.rotated());
  }
}

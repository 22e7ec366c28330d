package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.AttentionStrip;
import dev.zonda.verify.kernels.WeightMatrix;
import dev.zonda.verify.network.LatentAttention;
import java.io.IOException;

/// Makes no keys and values: queries are brought to the form of the short vectors, which then serve
/// all heads as keys and values: `q (B k) = (q B) k`.
///
/// @param keys for each head (rank, plain), the transposed matrix that makes keys
/// @param values for each head (valueLength, rank), the matrix that makes values
record AbsorbedHeads(LatentAttention network, WeightMatrix keys, WeightMatrix values)
    implements LatentHeads {
  static AbsorbedHeads of(LatentAttention network, Tensors tensors, String block)
      throws FormatException {
    int heads = network.heads();
    int rank = network.rank();
    return new AbsorbedHeads(
        network,
        tensors.matrix(block + "attn_k_b.weight", heads, rank, network.plain()),
        tensors.matrix(block + "attn_v_b.weight", heads, network.valueLength(), rank));
  }

  @Override
  public void attend(Pass pass, Activations queries, Activations shared, Activations out)
      throws IOException {
    int heads = network.heads();
    int rank = network.rank();
    int group = Math.min(GROUP, heads);
    Activations shortVector = shared.part(0, rank);
    Activations latentQueries = pass.work().take(group * network.latentLength());
    Activations attended = pass.work().take(group * rank);
    for (int first = 0; first < heads; first += group) {
      int count = Math.min(group, heads - first);
      bringToLatentForm(pass, queries, first, count, latentQueries);
      HeadAttentionPart.attend(
          pass,
          LatentHeads.attention(network, count, 1, network.latentLength(), rank),
          new AttentionStrip.Inputs(latentQueries, shared, shortVector, new float[0]),
          attended);
      for (int i = 0; i < count; i++) {
        pass.multiply(
            values,
            first + i,
            heads,
            attended.part(i * rank, rank),
            out.part((first + i) * network.valueLength(), network.valueLength()));
      }
    }
  }

  private void bringToLatentForm(
      Pass pass, Activations queries, int first, int count, Activations latentQueries)
      throws IOException {
    for (int i = 0; i < count; i++) {
      int head = first + i;
      Activations query = queries.part(head * network.queryLength(), network.queryLength());
      Activations target = latentQueries.part(i * network.latentLength(), network.latentLength());
      pass.multiply(
          keys,
          head,
          network.heads(),
          query.part(0, network.plain()),
          target.part(0, network.rank()));
      LatentHeads.copy(
          pass,
          query.part(network.plain(), network.rotated()),
          target.part(network.rank(), network.rotated()));
    }
  }
}

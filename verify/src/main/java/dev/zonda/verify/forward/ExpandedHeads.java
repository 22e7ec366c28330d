package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.AttentionStrip;
import dev.zonda.verify.kernels.WeightMatrix;
import dev.zonda.verify.network.LatentAttention;
import java.io.IOException;

/// Makes the keys and values of every head.
///
/// @param both for each head the matrix that makes keys, (plain, rank), and after it the one that
///   makes values, (valueLength, rank)
record ExpandedHeads(LatentAttention network, WeightMatrix both) implements LatentHeads {
  static ExpandedHeads of(LatentAttention network, Tensors tensors, String block)
      throws FormatException {
    long rows = (long) network.heads() * (network.plain() + network.valueLength());
    return new ExpandedHeads(
        network, tensors.matrix(block + "attn_kv_b.weight", rows, network.rank()));
  }

  @Override
  public void attend(Pass pass, Activations queries, Activations shared, Activations out)
      throws IOException {
    int heads = network.heads();
    int keyLength = network.queryLength();
    int valueLength = network.valueLength();
    int group = Math.min(GROUP, heads);
    Activations shortVector = shared.part(0, network.rank());
    Activations rotatedKey = shared.part(network.rank(), network.rotated());
    Activations keys = pass.work().take(group * keyLength);
    Activations values = pass.work().take(group * valueLength);
    pass.observer().input(both.name(), pass.batch(), shortVector);
    for (int first = 0; first < heads; first += group) {
      int count = Math.min(group, heads - first);
      for (int i = 0; i < count; i++) {
        int row = (first + i) * (network.plain() + valueLength);
        Activations key = keys.part(i * keyLength, keyLength);
        multiply(pass, row, shortVector, key.part(0, network.plain()));
        LatentHeads.copy(pass, rotatedKey, key.part(network.plain(), network.rotated()));
        multiply(
            pass, row + network.plain(), shortVector, values.part(i * valueLength, valueLength));
      }
      HeadAttentionPart.attend(
          pass,
          LatentHeads.attention(network, count, count, keyLength, valueLength),
          new AttentionStrip.Inputs(
              queries.part(first * keyLength, count * keyLength), keys, values, new float[0]),
          out.part(first * valueLength, count * valueLength));
    }
  }

  private void multiply(Pass pass, int firstRow, Activations x, Activations y) throws IOException {
    pass.product(both.rows(firstRow, y.features()), new float[0], 0, x, y);
  }
}

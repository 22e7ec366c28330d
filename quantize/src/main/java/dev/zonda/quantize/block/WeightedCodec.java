package dev.zonda.quantize.block;

import dev.zonda.formats.TensorType;

/// A codec that looks at the weights of an importance matrix.
abstract class WeightedCodec extends BlockCodec {
  WeightedCodec(TensorType type) {
    super(type);
  }

  @Override
  public final boolean takesImportance() {
    return true;
  }

  @Override
  abstract void encodeWeighted(
      float[] values, int from, int rows, int rowLength, float[] weights, byte[] out);
}

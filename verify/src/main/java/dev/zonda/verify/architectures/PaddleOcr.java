package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.Rotary;

/// The text part of PaddleOCR VL: in a text, all sections of the rotary embedding turn with the
/// same position, so that it is Llama's network with heads in Hugging Face's order.
final class PaddleOcr {
  static final Architecture ARCHITECTURE = new Architecture("paddleocr", PaddleOcr::network);

  private PaddleOcr() {}

  private static Network network(Keys keys) throws FormatException {
    return Network.builder(keys)
        .attention(HeadAttention.builder(keys).rotary(Rotary.Order.HALVES))
        .build();
  }
}

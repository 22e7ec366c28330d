package dev.zonda.quantize;

import dev.zonda.formats.TensorInfo;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.OptionalInt;

/// The order in which llama-quantize visits and writes tensors: those outside of layers first, then
/// layer after layer, by name inside a layer.
final class LayerOrder implements Comparator<TensorInfo> {
  private static final String BLOCK = "blk.";
  private static final int MOST_DIGITS = 9;

  @Override
  public int compare(TensorInfo left, TensorInfo right) {
    int byLayer = Integer.compare(layer(left).orElse(-1), layer(right).orElse(-1));
    return byLayer != 0
        ? byLayer
        : Arrays.compareUnsigned(
            left.name().getBytes(StandardCharsets.UTF_8),
            right.name().getBytes(StandardCharsets.UTF_8));
  }

  /// The number in a name such as `blk.12.attn_q.weight`. Needed in every comparison, so it is
  /// parsed by hand.
  static OptionalInt layer(TensorInfo tensor) {
    String name = tensor.name();
    int end = BLOCK.length();
    while (end < name.length() && isDigit(name.charAt(end))) {
      end++;
    }
    int digits = end - BLOCK.length();
    return name.startsWith(BLOCK) && digits >= 1 && digits <= MOST_DIGITS
        ? OptionalInt.of(Integer.parseInt(name, BLOCK.length(), end, 10))
        : OptionalInt.empty();
  }

  private static boolean isDigit(char character) {
    return character >= '0' && character <= '9';
  }
}

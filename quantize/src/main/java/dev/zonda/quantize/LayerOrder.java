package dev.zonda.quantize;

import dev.zonda.formats.TensorInfo;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The order in which llama-quantize visits and writes tensors: those outside of layers first, then
/// layer after layer, by name inside a layer.
final class LayerOrder implements Comparator<TensorInfo> {
  private static final Pattern LAYER = Pattern.compile("^blk\\.(\\d{1,9})(?!\\d)");

  @Override
  public int compare(TensorInfo left, TensorInfo right) {
    int byLayer = Integer.compare(layer(left).orElse(-1), layer(right).orElse(-1));
    return byLayer != 0
        ? byLayer
        : Arrays.compareUnsigned(
            left.name().getBytes(StandardCharsets.UTF_8),
            right.name().getBytes(StandardCharsets.UTF_8));
  }

  /// The number in a name such as `blk.12.attn_q.weight`.
  static OptionalInt layer(TensorInfo tensor) {
    Matcher matcher = LAYER.matcher(tensor.name());
    return matcher.find()
        ? OptionalInt.of(Integer.parseInt(matcher.group(1)))
        : OptionalInt.empty();
  }
}

package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import java.util.OptionalInt;

/// Which of the last layers use keys and values of earlier ones: each those of the last layer
/// before them that sees as much, a window or all.
///
/// @param first of the layers that use those of others
/// @param ofWindow the layer whose keys and values those with a window use, if there is one
/// @param ofWhole the same for layers without
@SuppressWarnings("ArrayRecordComponent") // Copied, never compared.
public record SharedKeys(int first, boolean[] isLocal, OptionalInt ofWindow, OptionalInt ofWhole) {

  /// As the metadata say.
  ///
  /// @param isLocal whether each layer sees only a window
  /// @throws FormatException if there is no earlier layer for one
  public static SharedKeys of(Keys keys, boolean[] isLocal) throws FormatException {
    int shared = keys.countOrZero("attention.shared_kv_layers");
    int first = isLocal.length - shared;
    OptionalInt[] last = {OptionalInt.empty(), OptionalInt.empty()};
    for (int layer = 0; layer < first; layer++) {
      last[isLocal[layer] ? 0 : 1] = OptionalInt.of(layer);
    }
    for (int layer = Math.max(0, first); layer < isLocal.length; layer++) {
      if (last[isLocal[layer] ? 0 : 1].isEmpty()) {
        throw keys.error(
            "layer %d has no keys and values, and no layer before it that sees as much has any"
                .formatted(layer));
      }
    }
    return new SharedKeys(first, isLocal.clone(), last[0], last[1]);
  }

  /// The layer whose keys and values a layer uses, if it has none of its own.
  public OptionalInt source(int layer) {
    if (layer < first) {
      return OptionalInt.empty();
    }
    return isLocal[layer] ? ofWindow : ofWhole;
  }
}

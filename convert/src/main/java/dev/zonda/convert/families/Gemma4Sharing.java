package dev.zonda.convert.families;

import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.List;

/// Which layers see a window, and how many of the last ones use keys and values of earlier ones: of
/// the last one before them that sees as much.
final class Gemma4Sharing {
  private Gemma4Sharing() {}

  static void write(MetadataRule.Source source, Metadata.Builder metadata) throws FormatException {
    ModelSizes sizes = source.sizes();
    int first = Gemma4Layers.firstShared(sizes);
    List<Boolean> isLocal = new ArrayList<>();
    for (int layer = 0; layer < sizes.layers(); layer++) {
      isLocal.add(Gemma4Layers.isLocal(sizes, layer));
    }
    if (source.isCorrected()) {
      noteLast(source, isLocal);
      noteOthers(source, isLocal, first, first);
    }
    metadata.putUint32(source.key("attention.shared_kv_layers"), sizes.layers() - first);
    Gemma4Inputs.write(source, metadata);
    metadata.put(source.key("attention.sliding_window_pattern"), MetadataRule.flags(isLocal));
  }

  private static void noteLast(MetadataRule.Source source, List<Boolean> isLocal)
      throws FormatException {
    List<Boolean> said = Gemma4Layers.windows(source.config(), isLocal.size(), Gemma4.USUAL_STEP);
    if (!said.equals(isLocal)) {
      source
          .notes()
          .add("the last layer sees the whole text, as in transformers, whatever layer_types says");
    }
  }

  /// Says where llama.cpp takes keys and values of another layer.
  ///
  /// @param first of the layers that use those of others
  /// @param taken what llama.cpp takes for it
  static void noteOthers(MetadataRule.Source source, List<Boolean> isLocal, int first, int taken)
      throws FormatException {
    if (first != taken && Math.min(first, taken) < isLocal.size()) {
      source
          .notes()
          .add(
              "layers from %d on use keys and values of others; llama.cpp takes those from %d on"
                  .formatted(first, taken));
    }
    for (int layer = first; layer < isLocal.size(); layer++) {
      int used = isLocal.subList(0, first).lastIndexOf(isLocal.get(layer));
      if (used < 0) {
        throw source
            .config()
            .fields()
            .problem(
                Gemma4Layers.SHARED,
                "leaves layer %d without an earlier one whose keys and values it could use"
                    .formatted(layer));
      }
      int other = taken - (isLocal.get(layer) ? 2 : 1);
      if (used != other) {
        source
            .notes()
            .add(
                "layer %d uses keys and values of layer %d; llama.cpp takes those of layer %d"
                    .formatted(layer, used, other));
        return;
      }
    }
  }
}

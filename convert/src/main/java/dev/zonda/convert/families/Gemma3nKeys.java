package dev.zonda.convert.families;

import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Keys of Gemma 3n. llama.cpp reads few of them: it has the numbers of published models.
final class Gemma3nKeys {
  static final String STREAMS = "altup_num_inputs";
  static final String ACTIVE = "altup_active_idx";
  static final String SCALES = "altup_correct_scale";

  /// Without a list of layers, one in so many sees the whole text.
  private static final int USUAL_STEP = 5;

  private static final String LENGTHS = "intermediate_size";
  private static final String SPARSITY = "activation_sparsity_pattern";

  /// In published models, and in llama.cpp.
  private static final int SPARSE_LAYERS = 10;

  private static final int UNSHARED_LAYERS = 20;
  private static final double USUAL_SPARSITY = 0.95;

  private Gemma3nKeys() {}

  /// Features of a layer's network.
  static long length(ModelSizes sizes, int layer) throws FormatException {
    Optional<JsonNode> said = sizes.config().fields().get(LENGTHS);
    if (said.isEmpty() || !said.get().isArray()) {
      return sizes.config().size(LENGTHS);
    }
    List<Long> all = sizes.config().fields().integers(LENGTHS).orElseThrow();
    if (all.size() != sizes.layers()) {
      throw perLayer(sizes, LENGTHS, all.size());
    }
    long length = all.get(layer);
    if (length < 1 || length > Integer.MAX_VALUE) {
      throw sizes
          .config()
          .fields()
          .problem(LENGTHS, "holds %d, expected positive integers".formatted(length));
    }
    return length;
  }

  private static FormatException perLayer(ModelSizes sizes, String field, int count) {
    return sizes
        .config()
        .fields()
        .problem(field, "is for %d layers, but the model has %d".formatted(count, sizes.layers()));
  }

  static void lengths(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    int[] lengths = new int[source.sizes().layers()];
    for (int layer = 0; layer < lengths.length; layer++) {
      lengths[layer] = (int) length(source.sizes(), layer);
    }
    metadata.put(source.key("feed_forward_length"), MetadataValue.Array.ofInts(lengths));
  }

  static void write(MetadataRule.Source source, Metadata.Builder metadata) throws FormatException {
    ModelSizes sizes = source.sizes();
    int first = Gemma4Layers.firstShared(sizes);
    List<Boolean> isLocal = Gemma4Layers.windows(source.config(), sizes.layers(), USUAL_STEP);
    List<Double> sparsity = sparsity(sizes);
    long active = source.config().optionalCount(List.of(ACTIVE)).orElse(0);
    if (source.isCorrected()) {
      require(source, active);
      Gemma4Sharing.noteOthers(source, isLocal, first, UNSHARED_LAYERS);
      noteFixed(source, sparsity, active);
    } else {
      source.config().fields().skip(SCALES);
    }
    metadata
        .putUint32(source.key("altup.active_idx"), active)
        .putUint32(source.key("altup.num_inputs"), sizes.size(STREAMS))
        .putUint32(source.key("embedding_length_per_layer_input"), sizes.size(Gemma4Inputs.LENGTH))
        .putUint32(source.key("attention.shared_kv_layers"), sizes.layers() - first);
    List<MetadataValue> scales = new ArrayList<>();
    for (double part : sparsity) {
      scales.add(new MetadataValue.Float32(NormalQuantile.of((float) part)));
    }
    metadata.put(
        source.key("activation_sparsity_scale"),
        new MetadataValue.Array(MetadataType.FLOAT32, scales));
    metadata.put(source.key("attention.sliding_window_pattern"), MetadataRule.flags(isLocal));
  }

  /// What can be evaluated.
  private static void require(MetadataRule.Source source, long active) throws FormatException {
    ModelSizes sizes = source.sizes();
    MetadataRule.only(SCALES, true, "corrected streams are not scaled")
        .write(source, Metadata.builder());
    if (active >= sizes.size(STREAMS)) {
      throw source
          .config()
          .fields()
          .problem(ACTIVE, "is %d of %d streams".formatted(active, sizes.size(STREAMS)));
    }
    if (sizes.size(Gemma4Inputs.VOCABULARY) > sizes.vocabulary()) {
      throw source
          .config()
          .fields()
          .problem(
              Gemma4Inputs.VOCABULARY,
              "is %d, but vocab_size only %d"
                  .formatted(sizes.size(Gemma4Inputs.VOCABULARY), sizes.vocabulary()));
    }
  }

  /// What llama.cpp has for all models, whatever the keys say.
  private static void noteFixed(MetadataRule.Source source, List<Double> sparsity, long active) {
    if (!sparsity.equals(usual(sparsity.size(), SPARSE_LAYERS))) {
      source
          .notes()
          .add(
              "%s is written; llama.cpp takes %s for the first %d layers and 0 for the others"
                  .formatted(SPARSITY, USUAL_SPARSITY, SPARSE_LAYERS));
    }
    if (active != 0) {
      source.notes().add("%s is %d; llama.cpp takes 0".formatted(ACTIVE, active));
    }
  }

  private static List<Double> usual(int layers, int sparse) {
    List<Double> all =
        new ArrayList<>(Collections.nCopies(Math.min(layers, sparse), USUAL_SPARSITY));
    all.addAll(Collections.nCopies(layers - all.size(), 0.0));
    return all;
  }

  /// Which part of the values of each layer's gate is left out.
  private static List<Double> sparsity(ModelSizes sizes) throws FormatException {
    Optional<List<Double>> said = sizes.config().fields().reals(SPARSITY);
    if (said.isEmpty()) {
      return usual(sizes.layers(), sizes.layers() > SPARSE_LAYERS ? SPARSE_LAYERS : 0);
    }
    if (said.get().size() != sizes.layers()) {
      throw perLayer(sizes, SPARSITY, said.get().size());
    }
    for (double part : said.get()) {
      if (!(part >= 0 && part < 1)) {
        throw sizes
            .config()
            .fields()
            .problem(SPARSITY, "holds %s, expected 0 to less than 1".formatted(part));
      }
    }
    return said.get();
  }
}

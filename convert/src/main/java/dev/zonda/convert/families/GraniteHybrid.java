package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.rules.Announcement;
import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Dimension;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.FamilyBuilder;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.RopeFactors;
import dev.zonda.convert.rules.StateSpaceTensors;
import dev.zonda.convert.rules.TensorRule;
import dev.zonda.convert.rules.TimeStepLimit;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/// Granite 4 with state spaces on most layers: Granite's scales, a network that all tokens go
/// through, in some models next to experts, and mostly no positions.
final class GraniteHybrid {
  /// What names of the tensors of state spaces begin with.
  static final String MIXER = "model.layers.{layer}.mamba.";

  private static final Dimension INNER =
      new Dimension(
          "mamba_expand * hidden_size",
          sizes -> (long) sizes.size("mamba_expand") * sizes.hidden());

  /// State spaces under the names that models have which attend, too.
  static final StateSpaceTensors SPACES =
      new StateSpaceTensors(
          INNER,
          Dimension.of("mamba_n_heads"),
          Dimension.of("mamba_n_groups"),
          Dimension.of("mamba_d_state"),
          Dimension.of("mamba_d_conv"));

  private static final TensorRule.Layers ATTENDS =
      (layer, sizes) -> attends(sizes.config(), sizes.layers()).get(layer);

  /// Tensors of layers with a state space.
  static final List<TensorRule> STATES =
      Stream.concat(
              SPACES
                  .tensors(
                      MIXER,
                      Announcement.by("mamba_proj_bias", false),
                      Announcement.by("mamba_conv_bias", true))
                  .stream(),
              Stream.of(SPACES.norm(MIXER)))
          .toList();

  private static final List<TensorRule> ATTENTION_OR_STATES =
      Stream.concat(
              TensorRule.on(ATTENDS, Llama.BIASED_ATTENTION).stream(),
              TensorRule.on(TensorRule.Layers.allBut(ATTENDS), STATES).stream())
          .toList();

  private static final int LOADED_EXPANSION = 2;

  /// The vocabulary that the reference writes is of a multiple of so many tokens.
  private static final int PADDING = 8;

  static final Family FAMILY =
      hybrid("Granite 4 H")
          .models("Granite 4.0 H Micro, 1B, 350M")
          .only(new Family.Condition("no experts", config -> experts(config) == 0))
          .tensors(CommonTensors.FRAME, ATTENTION_OR_STATES, Granite4.FEED_FORWARD)
          .metadata(keys(Granite4::inner))
          .build();

  static final Family WITH_EXPERTS =
      hybrid("Granite 4 H MoE")
          .models("Granite 4.0 H Tiny, Small")
          .tensors(
              CommonTensors.FRAME,
              ATTENTION_OR_STATES,
              GraniteMoe.EXPERT_NETWORK,
              GraniteMoe.SHARED_EXPERT)
          .metadata(keys(GraniteMoe::sharedLength))
          .build();

  private GraniteHybrid() {}

  private static FamilyBuilder hybrid(String name) {
    return Family.builder(name, "granitehybrid")
        .like(Granite.FAMILY)
        // The reference takes config.json alone.
        .publishedDefaults(Granite4.DEFAULTS, "granitemoehybrid")
        .generated(source ->
            Granite4.isRotated(source.config()) || !source.isCorrected()
                ? RopeFactors.targets(source)
                : List.of())
        .unusedFields("init_method", "mamba_chunk_size")
        .vocabulary(VocabularyForm.SENTENCEPIECE_OR_BYTES);
  }

  /// @param inner writes the features of the network that all tokens go through
  private static MetadataRule[] keys(MetadataRule inner) {
    return new MetadataRule[] {
      Granite4::requireKnownTypes,
      GraniteHybrid::requireHeads,
      GraniteHybrid::requireWholeVocabulary,
      Granite.KEYS,
      inner,
      Granite4.STATES,
      (source, metadata) ->
          Granite4.keyHeads(source, attends(source.config(), source.sizes().layers()), metadata),
      GraniteHybrid::positions,
      TimeStepLimit.KEPT,
      MetadataRule.implied("normalization_function", "rmsnorm"),
      StateSpaceTensors.ACTIVATION
    };
  }

  /// The class has eight if nothing is said.
  private static long experts(JsonFields config) throws FormatException {
    return config.integer("num_local_experts").orElse(8);
  }

  private static List<Boolean> attends(ModelConfig config, int layers) throws FormatException {
    List<Boolean> attends =
        Granite4.attends(config.fields()).orElse(Collections.nCopies(layers, false));
    if (attends.size() != layers) {
      throw config
          .fields()
          .problem(
              Granite4.LAYER_TYPES,
              "has %d values for %d layers".formatted(attends.size(), layers));
    }
    for (String type : config.fields().texts(Granite4.LAYER_TYPES).orElse(List.of())) {
      boolean isKnown =
          Granite4.isAttention(type) || type.equals("mamba") || type.equals("linear_attention");
      if (!isKnown) {
        throw config
            .fields()
            .problem(Granite4.LAYER_TYPES, "has '%s', expected mamba or attention".formatted(type));
      }
    }
    return attends;
  }

  /// The class takes heads that are of one length and fill the inner features.
  static void requireHeads(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    SPACES.requireHeads(source, "mamba_d_head");
    int expansion = source.sizes().size("mamba_expand");
    if (source.isCorrected() && expansion != LOADED_EXPANSION) {
      source
          .notes()
          .add(
              "mamba_expand is %d: llama.cpp loads files with %d only"
                  .formatted(expansion, LOADED_EXPANSION));
    }
  }

  /// The reference adds tokens that have no embeddings, and no program loads the file.
  static void requireWholeVocabulary(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    int tokens = source.sizes().vocabulary();
    if (!source.isCorrected() && tokens % PADDING != 0) {
      throw source
          .config()
          .fields()
          .problem(
              "vocab_size",
              "is %d, which llama.cpp's converter rounds up to a multiple of %d: it has no"
                      .formatted(tokens, PADDING)
                  + " embeddings for the tokens that it adds");
    }
  }

  /// The reference takes for granted that there are none.
  private static void positions(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    boolean isRotated = Granite4.isRotated(source.config());
    boolean isWritten = isRotated && source.isCorrected();
    metadata.putBool(source.key("rope.scaling.finetuned"), isWritten);
    if (isWritten) {
      source.noteDropped("position_embedding_type", "rope", "rope.scaling.finetuned");
    } else {
      metadata.putUint32(source.key("context_length"), Mamba2.CONTEXT);
    }
  }
}

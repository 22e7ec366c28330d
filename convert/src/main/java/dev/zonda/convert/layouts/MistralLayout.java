package dev.zonda.convert.layouts;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.RotaryOrder;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Mistral's own layout: `params.json` and `consolidated.safetensors`, with `tekken.json` or
/// `tokenizer.model.vN`.
final class MistralLayout {
  /// Mistral's first models were trained for texts of this length, and their files do not say so.
  private static final int SHORTEST_CONTEXT = 32768;

  private static final String CONTEXT = "max_position_embeddings";

  /// @param own name in params.json
  /// @param usual name in config.json
  /// @param presence whether it must be there
  private record Field(String own, String usual, Presence presence) {}

  private enum Presence {
    REQUIRED,
    OPTIONAL
  }

  private static final List<Field> FIELDS =
      List.of(
          new Field("dim", "hidden_size", Presence.REQUIRED),
          new Field("n_layers", "num_hidden_layers", Presence.REQUIRED),
          new Field("n_heads", "num_attention_heads", Presence.REQUIRED),
          new Field("n_kv_heads", "num_key_value_heads", Presence.REQUIRED),
          new Field("head_dim", "head_dim", Presence.REQUIRED),
          new Field("hidden_dim", "intermediate_size", Presence.REQUIRED),
          new Field("vocab_size", "vocab_size", Presence.REQUIRED),
          new Field("norm_eps", "rms_norm_eps", Presence.REQUIRED),
          new Field("rope_theta", "rope_theta", Presence.OPTIONAL),
          new Field(CONTEXT, CONTEXT, Presence.OPTIONAL),
          new Field("sliding_window", "sliding_window", Presence.OPTIONAL),
          new Field("tied_embeddings", "tie_word_embeddings", Presence.OPTIONAL));

  private static final List<Field> EXPERT_FIELDS =
      List.of(
          new Field("num_experts", "num_local_experts", Presence.REQUIRED),
          new Field("num_experts_per_tok", "num_experts_per_tok", Presence.REQUIRED));

  private static final String IMAGES = "the part that sees images; this file holds the text model";

  private static final List<Leftover> LEFTOVERS =
      List.of(
          Leftover.buffer("*rope.freqs"),
          Leftover.part("vision_encoder.*", IMAGES),
          Leftover.part("vision_language_adapter.*", IMAGES),
          Leftover.part("patch_merger.*", IMAGES),
          Leftover.part("pre_mm_projector_norm.*", IMAGES));

  private static final String ORIGINAL = "original_max_position_embeddings";

  private MistralLayout() {}

  /// Meta's layout does not give this size: it follows from another.
  static boolean covers(JsonFields params) {
    return params.has("hidden_dim");
  }

  static Layout of(JsonFields params, Fidelity fidelity, Notes notes) throws FormatException {
    return new Layout(
        params,
        config(params, fidelity, notes),
        ConsolidatedNames::of,
        RotaryOrder.PAIRS,
        LEFTOVERS,
        List.of((source, metadata) -> write(params, source, metadata)),
        Optional.of(VocabularyForm.MISTRAL));
  }

  private static JsonFields config(JsonFields params, Fidelity fidelity, Notes notes)
      throws FormatException {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    copy(params, FIELDS, config);
    Optional<JsonFields> experts = params.object("moe");
    if (experts.isPresent()) {
      copy(experts.get(), EXPERT_FIELDS, config);
    }
    boolean isStretched = params.has("llama_4_scaling");
    if (isStretched && experts.isPresent()) {
      throw params.problem(
          "moe",
          "and llama_4_scaling are set: such a model can only be converted from Hugging "
              + "Face's layout");
    }
    ArrayNode classes = config.putArray("architectures");
    if (isStretched) {
      classes.add("Mistral3ForConditionalGeneration");
      config.put("model_type", "mistral");
    } else {
      classes.add(experts.isPresent() ? "MixtralForCausalLM" : "MistralForCausalLM");
    }
    if (!params.has("sliding_window")) {
      config.putNull("sliding_window");
    }
    Optional<JsonFields> quantization = params.object("quantization");
    if (quantization.isPresent()) {
      requireFp8(quantization.get());
      config.putObject("quantization_config").put("quant_method", "fp8");
    }
    if (!params.has(CONTEXT) && fidelity == Fidelity.CORRECTED) {
      config.put(CONTEXT, SHORTEST_CONTEXT);
      notes.add(
          "params.json has no %s: it is written as %d, a length that all of Mistral's models"
                  .formatted(CONTEXT, SHORTEST_CONTEXT)
              + " have; llama.cpp's converter writes none (--as-reference)");
    }
    return JsonFields.of(params.file(), config);
  }

  private static void copy(JsonFields from, List<Field> fields, ObjectNode to)
      throws FormatException {
    for (Field field : fields) {
      if (from.has(field.own())) {
        to.set(field.usual(), from.get(field.own()).orElseThrow());
      } else if (field.presence() == Presence.REQUIRED) {
        throw from.problem(field.own(), "is missing, but the model needs it");
      }
    }
  }

  private static void requireFp8(JsonFields quantization) throws FormatException {
    String weights = quantization.text("qformat_weight").orElse("missing");
    if (!weights.equals("fp8_e4m3")) {
      throw quantization.problem("qformat_weight", "is '%s', expected fp8_e4m3".formatted(weights));
    }
  }

  /// Writes keys where llama.cpp's converter has them for this layout: the number of tokens stands
  /// with the vocabulary.
  private static void write(
      JsonFields params, MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    metadata.remove(source.key("vocab_size"));
    Optional<JsonFields> yarn = params.object("yarn");
    if (yarn.isPresent()) {
      writeYarn(yarn.get(), source, metadata);
    }
    Optional<JsonFields> scaling = params.object("llama_4_scaling");
    if (scaling.isPresent()) {
      metadata.putFloat32(
          source.key("attention.temperature_scale"), (float) real(scaling.get(), "beta"));
      if (source.isCorrected()) {
        requireOneLength(scaling.get(), yarn);
      }
    }
  }

  private static void writeYarn(
      JsonFields yarn, MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    boolean isScaled =
        yarn.bool("apply_scale")
            .orElseThrow(() -> yarn.problem("apply_scale", "is missing, expected true or false"));
    metadata
        .putText(source.key("rope.scaling.type"), "yarn")
        .putFloat32(source.key("rope.scaling.factor"), (float) real(yarn, "factor"))
        .putFloat32(source.key("rope.scaling.yarn_beta_fast"), (float) real(yarn, "beta"))
        .putFloat32(source.key("rope.scaling.yarn_beta_slow"), (float) real(yarn, "alpha"))
        .putFloat32(source.key("rope.scaling.yarn_log_multiplier"), isScaled ? 0 : 1)
        .putUint32(
            source.key("rope.scaling.original_context_length"),
            length(yarn)
                .orElseThrow(() -> yarn.problem(ORIGINAL, "is missing, expected a length")));
    if (source.isCorrected() && !isScaled && source.key("").startsWith("llama.")) {
      // For this architecture llama.cpp does not read the multiplier.
      double factor = 1 / (0.1 * Math.log(real(yarn, "factor")) + 1);
      metadata.putFloat32(source.key("rope.scaling.attn_factor"), (float) factor);
    }
  }

  /// GGUF has one key for the length at which YaRN and the temperature begin.
  private static void requireOneLength(JsonFields temperature, Optional<JsonFields> yarn)
      throws FormatException {
    OptionalLong length = length(temperature);
    if (yarn.isEmpty() || !length.equals(length(yarn.get()))) {
      throw temperature.problem(
          ORIGINAL, "differs from that of yarn, but GGUF has one key for both");
    }
  }

  private static OptionalLong length(JsonFields fields) throws FormatException {
    return fields.integer(ORIGINAL, 1, Integer.MAX_VALUE);
  }

  private static double real(JsonFields fields, String name) throws FormatException {
    return fields
        .real(name)
        .orElseThrow(() -> fields.problem(name, "is missing, expected a number"));
  }
}

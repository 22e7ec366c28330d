package dev.zonda.convert.layouts;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.RotaryOrder;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Shape;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Meta's layout of Llama 1 to 3: `params.json`, `consolidated.NN.pth` and `tokenizer.model`. Some
/// sizes follow from others or from the tensors; what no file says is known by the model's version.
final class MetaLayout {
  private static final double LLAMA_2_EPSILON = 1e-5;
  private static final long LLAMA_1_LARGEST = 8192;
  private static final double CODE_LLAMA_THETA = 1e6;
  private static final double LLAMA_3_THETA = 5e5;

  /// The two text models of Llama 3.2 by hidden size and layers; their rotary embedding is
  /// stretched further than that of Llama 3.1.
  private static final List<List<Long>> LLAMA_3_2 =
      List.of(List.of(2048L, 16L), List.of(3072L, 28L));

  private final JsonFields params;
  private final Checkpoint weights;
  private final Notes notes;

  private MetaLayout(JsonFields params, Checkpoint weights, Notes notes) {
    this.params = params;
    this.weights = weights;
    this.notes = notes;
  }

  static Layout of(JsonFields params, Checkpoint weights, Notes notes) throws FormatException {
    return new Layout(
        params,
        new MetaLayout(params, weights, notes).config(),
        ConsolidatedNames::of,
        RotaryOrder.PAIRS,
        List.of(Leftover.buffer("*rope.freqs")),
        List.of(),
        Optional.of(VocabularyForm.META));
  }

  private JsonFields config() throws FormatException {
    for (String field : List.of("moe_args", "vision_args", "vision_chunk_size")) {
      if (params.has(field)) {
        throw params.problem(
            field, "is set: such a model can only be converted from Hugging Face's layout");
      }
    }
    long hidden = size("dim");
    long heads = size("n_heads");
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.putArray("architectures").add("LlamaForCausalLM");
    config.put("model_type", "llama");
    config.put("hidden_size", hidden);
    config.put("num_hidden_layers", size("n_layers"));
    config.put("num_attention_heads", heads);
    config.put(
        "num_key_value_heads", params.integer("n_kv_heads", 1, Integer.MAX_VALUE).orElse(heads));
    config.put("head_dim", hidden / heads);
    config.put("intermediate_size", feedForward(hidden));
    config.put("vocab_size", vocabulary());
    config.put("rms_norm_eps", epsilon());
    config.put("rope_theta", theta());
    Version version = version(hidden);
    config.put("max_position_embeddings", version.contextLength());
    if (version.factor() > 1) {
      config
          .putObject("rope_scaling")
          .put("rope_type", "llama3")
          .put("factor", version.factor())
          .put("low_freq_factor", 1.0)
          .put("high_freq_factor", 4.0)
          .put("original_max_position_embeddings", 8192);
    }
    notes.add(
        "params.json names no context length: the model is taken for %s, with %d tokens%s"
            .formatted(
                version.name(),
                version.contextLength(),
                version.factor() > 1
                    ? " and a rotary embedding scaled by " + version.factor()
                    : ""));
    return JsonFields.of(params.file(), config);
  }

  /// @param factor of the rotary embedding, 1 if it is not scaled
  private record Version(String name, int contextLength, int factor) {}

  private Version version(long hidden) throws FormatException {
    if (params.bool("use_scaled_rope").orElse(false)) {
      return LLAMA_3_2.contains(List.of(hidden, size("n_layers")))
          ? new Version("Llama 3.2", 131072, 32)
          : new Version("Llama 3.1", 131072, 8);
    }
    if (theta() == LLAMA_3_THETA) {
      return new Version("Llama 3", 8192, 1);
    }
    if (theta() == CODE_LLAMA_THETA) {
      return new Version("Code Llama", 16384, 1);
    }
    // The largest of Llama 1 has the same epsilon, and is as wide as the one of Llama 2 that shares
    // keys.
    boolean isLargestOfFirst = hidden == LLAMA_1_LARGEST && !params.has("n_kv_heads");
    return epsilon() == LLAMA_2_EPSILON && !isLargestOfFirst
        ? new Version("Llama 2", 4096, 1)
        : new Version("Llama 1", 2048, 1);
  }

  private double epsilon() throws FormatException {
    return params
        .real("norm_eps")
        .orElseThrow(() -> params.problem("norm_eps", "is missing, expected a number"));
  }

  private double theta() throws FormatException {
    return params.real("rope_theta").orElse(10000);
  }

  private long size(String field) throws FormatException {
    return params
        .integer(field, 1, Integer.MAX_VALUE)
        .orElseThrow(() -> params.problem(field, "is missing, expected a positive integer"));
  }

  /// The rows of the gate; params.json must lead to the same number.
  private long feedForward(long hidden) throws FormatException {
    long rows = rows("layers.0.feed_forward.w1.weight");
    long multiple = size("multiple_of");
    long width = 8 * hidden / 3;
    double factor = params.real("ffn_dim_multiplier").orElse(1);
    long expected = Math.ceilDiv((long) (factor * width), multiple) * multiple;
    if (rows != expected) {
      throw params.problem(
          "multiple_of",
          "and ffn_dim_multiplier give a feed-forward network of %d, but the weights say %d"
              .formatted(expected, rows));
    }
    return rows;
  }

  /// The rows of the embedding: files of Llama 1 and 2 say -1.
  private long vocabulary() throws FormatException {
    long rows = rows("tok_embeddings.weight");
    long said = params.integer("vocab_size").orElse(-1);
    if (said != -1 && said != rows) {
      throw params.problem(
          "vocab_size", "is %d, but the embedding has %d rows".formatted(said, rows));
    }
    return rows;
  }

  private long rows(String tensor) throws FormatException {
    Shape shape =
        weights
            .find(tensor)
            .orElseThrow(() ->
                FormatException.in(
                    weights.path(),
                    ("tensor '%s' is missing, which Meta's layout has; Mistral's "
                                + "params.json would have")
                            .formatted(tensor)
                        + " hidden_dim"))
            .shape();
    if (shape.rank() != 2) {
      throw FormatException.in(
          weights.path(), "tensor '%s' has shape %s, expected a matrix".formatted(tensor, shape));
    }
    return shape.dimension(0);
  }
}

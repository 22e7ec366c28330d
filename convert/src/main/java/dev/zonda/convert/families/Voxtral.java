package dev.zonda.convert.families;

import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Defaults;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Leftover;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Voxtral: Llama with a part that hears.
final class Voxtral {
  private static final String HEARING = "the part that hears; this file holds the text model";

  private static final List<Leftover> LEFTOVERS =
      Stream.concat(
              CommonTensors.BUFFERS.stream(),
              Stream.of(
                      "audio_tower.*",
                      "multi_modal_projector.*",
                      "model.audio_tower.*",
                      "model.multi_modal_projector.*")
                  .map(pattern -> Leftover.part(pattern, HEARING)))
          .toList();

  /// What transformers' VoxtralConfig says of its text model.
  private static final Defaults DEFAULTS =
      Llama.DEFAULTS.with(
          Map.of(
              "vocab_size", 131072,
              "hidden_size", 3072,
              "intermediate_size", 8192,
              "num_hidden_layers", 30,
              "num_key_value_heads", 8,
              "head_dim", 128,
              "max_position_embeddings", 131072,
              "rms_norm_eps", 1e-5,
              "rope_theta", 1e8));

  static final Family FAMILY =
      Family.builder("Voxtral", "llama")
          .like(Llama.FAMILY)
          .models("Voxtral Mini 3B, Small 24B")
          .defaults(DEFAULTS, "llama", "voxtral")
          .rename("language_model.", "")
          .leftovers(LEFTOVERS)
          .unusedFields("audio_token_id")
          .build();

  private Voxtral() {}
}

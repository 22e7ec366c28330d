package dev.zonda.convert.families;

import dev.zonda.convert.rules.CommonTensors;
import dev.zonda.convert.rules.Leftover;
import java.util.List;
import java.util.stream.Stream;

/// What Qwen's models, and those that are made like them, have besides a text model.
final class OtherParts {
  private static final String SEES = "the part that sees images; this file holds the text model";
  static final String HEARS = "the part that hears; this file holds the text model";
  private static final String SPEAKS = "the part that speaks; this file holds the text model";

  /// Fields of files that have such parts: how places in a text follow from those in an image or a
  /// sound, numbers of tokens around one, and what only training reads. The last one counts only
  /// where `layer_types` does not stand.
  static final String[] UNUSED_FIELDS = {
    "enable_audio_output",
    "enable_talker",
    "ignore_index",
    "init_std",
    "position_id_per_seconds",
    "projector_bias",
    "seconds_per_chunk",
    "user_token_id",
    "assistant_token_id",
    "system_token_id",
    "im_start_token_id",
    "im_end_token_id",
    "tts_bos_token_id",
    "tts_eos_token_id",
    "tts_pad_token_id",
    "timestamp_token_id",
    "interleaved",
    "mrope_interleaved",
    "max_window_layers"
  };

  static final List<Leftover> LEFTOVERS =
      Stream.of(
              CommonTensors.BUFFERS.stream(),
              parts(
                  SEES,
                  "visual.*",
                  "model.visual.*",
                  "model.language_model.visual.*",
                  "thinker.visual.*",
                  "thinker.model.visual.*",
                  "vision_tower.*"),
              parts(
                  HEARS,
                  "audio_tower.*",
                  "model.audio_tower.*",
                  "thinker.audio_tower.*",
                  "thinker.model.audio_tower.*",
                  "multi_modal_projector.*",
                  "model.multi_modal_projector.*"),
              parts(SPEAKS, "talker.*", "token2wav.*", "code2wav.*"))
          .flatMap(leftovers -> leftovers)
          .toList();

  private OtherParts() {}

  private static Stream<Leftover> parts(String what, String... patterns) {
    return Stream.of(patterns).map(pattern -> Leftover.part(pattern, what));
  }
}

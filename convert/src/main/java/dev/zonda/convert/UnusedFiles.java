package dev.zonda.convert;

import dev.zonda.convert.config.Notes;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// Names the files of a folder that the conversion did not use, except those that cannot matter.
final class UnusedFiles {
  private static final int MOST_NAMES = 8;

  /// What does not belong to the model itself, in lower case.
  private static final Pattern WITHOUT_EFFECT =
      Pattern.compile(
          String.join(
              "|",
              // about the model
              "(readme|license|licence|notice|copying|use_policy|acceptable_use_policy|changelog).*",
              ".*\\.(md|pdf|html|png|jpe?g|gif|webp|svg|bmp|mp4|csv)",
              "(assets|images|imgs|figures|figs|docs)/",
              // of the tools that fetched it
              "\\.(git|gitattributes|gitignore|gitmodules|cache|huggingface|ds_store|locks)/?",
              ".*\\.(sha256|sha256sum|md5|asc|sig|lock)",
              // other forms of the vocabulary; which one counts depends on the family
              "(tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|tekken)\\.json",
              "(tokenizer\\.model.*|qwen\\.tiktoken|merges\\.txt|vocab\\.txt|chat_template\\.(jinja|json))",
              "(tokenization_.*\\.py|additional_chat_templates/)",
              // of parts that see or hear, and of tools that embed texts
              "(pre|image_|video_pre|audio_)?processor_config\\.json",
              "(sentence_bert_config|config_sentence_transformers)\\.json",
              // of the training
              "(trainer_state|all_results|train_results|eval_results|latest|training_args).*",
              "(optimizer|scheduler|scaler|rng_state.*|random_states.*)\\.(pt|pth|bin|pkl|npz)",
              "(runs|logs|wandb)/|events\\.out\\..*",
              // what is made from the model
              ".*\\.gguf(\\..*)?|.*\\.imatrix|imatrix\\.dat"));

  private UnusedFiles() {}

  /// Looks at the files that were never read.
  static void note(CheckpointFolder folder, Notes notes) throws IOException {
    List<String> names =
        folder.unopened().stream()
            .filter(name -> !WITHOUT_EFFECT.matcher(name.toLowerCase(Locale.ROOT)).matches())
            .toList();
    if (!names.isEmpty()) {
      String rest =
          names.size() > MOST_NAMES ? " and %d more".formatted(names.size() - MOST_NAMES) : "";
      notes.add(
          "files of the folder that are not used: "
              + String.join(", ", names.subList(0, Math.min(names.size(), MOST_NAMES)))
              + rest);
    }
  }
}

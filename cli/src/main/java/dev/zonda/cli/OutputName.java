package dev.zonda.cli;

import dev.zonda.quantize.FileType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/// Names of output files that the user did not name.
final class OutputName {
  /// How llama.cpp's converter begins the name of a file that only predicts further tokens.
  static final String DRAFTING = "mtp-";

  private static final String SPLIT = "-\\d{5}-of-\\d{5}$";
  private static final String TYPE =
      Arrays.stream(FileType.values())
          .map(FileType::name)
          .collect(Collectors.joining("|", "(?i)[-_.](AUTO|", ")$"));

  private OutputName() {}

  /// The input's name with the new type in the place of the old: `models/mistral-bf16.gguf` becomes
  /// `mistral-Q4_K_M.gguf`.
  static String quantized(Path input, FileType type) {
    return stem(input).replaceFirst(TYPE, "") + "-" + type + ".gguf";
  }

  /// The name without `.gguf` and the numbers of a split model's file.
  static String stem(Path input) {
    String name = input.toAbsolutePath().normalize().getFileName().toString();
    return name.replaceFirst("(?i)\\.gguf$", "").replaceFirst(SPLIT, "");
  }

  /// What the names of a split model's files begin with: the name without `.gguf` and numbers.
  static Path prefix(Path target) {
    String name = target.getFileName().toString();
    String stem = name.replaceFirst("(?i)\\.gguf$", "").replaceFirst(SPLIT, "");
    return target.resolveSibling(stem);
  }

  /// The model folder's name with the type: `models/Mistral-7B/` becomes `Mistral-7B-Q4_K_M.gguf`.
  static String converted(String folder, String type) {
    return folder + "-" + type + ".gguf";
  }
}

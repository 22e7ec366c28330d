package dev.zonda.cli;

import dev.zonda.quantize.FileType;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/// The names of files whose names the user left open.
final class OutputName {
  private static final String SPLIT = "-\\d{5}-of-\\d{5}$";
  private static final String TYPE =
      Arrays.stream(FileType.values())
          .map(FileType::name)
          .collect(Collectors.joining("|", "(?i)[-_.](AUTO|", ")$"));

  private OutputName() {}

  /// The input's name with the new type in the place of the old, in the current folder:
  /// `models/mistral-bf16.gguf` becomes `mistral-Q4_K_M.gguf`.
  static Path quantized(Path input, FileType type) {
    String name = input.toAbsolutePath().normalize().getFileName().toString();
    String stem = name.replaceFirst("(?i)\\.gguf$", "").replaceFirst(SPLIT, "");
    return Path.of(stem.replaceFirst(TYPE, "") + "-" + type + ".gguf");
  }

  /// What the names of a split model's files begin with: the name without `.gguf` and numbers.
  static Path prefix(Path target) {
    String name = target.getFileName().toString();
    String stem = name.replaceFirst("(?i)\\.gguf$", "").replaceFirst(SPLIT, "");
    return target.resolveSibling(stem);
  }

  /// The model folder's name with the type, in the current folder: `models/Mistral-7B/` becomes
  /// `Mistral-7B-Q4_K_M.gguf`.
  static Path converted(String folder, String type) {
    return Path.of(folder + "-" + type + ".gguf");
  }
}

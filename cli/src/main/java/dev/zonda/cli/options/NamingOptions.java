package dev.zonda.cli.options;

import dev.zonda.convert.card.GeneralOverrides;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/// Options for a model's name and origin. Mix it in with `@Mixin`.
final class NamingOptions {
  private static final int MOST_BYTES = 1 << 20;

  @Option(
      names = "--model-name",
      paramLabel = "NAME",
      order = 12,
      description = "Name of the model in the file (default: from model card and folder).")
  private Optional<String> name = Optional.empty();

  @Option(
      names = "--metadata",
      paramLabel = "FILE",
      order = 13,
      description =
          "JSON file with keys such as general.author, which override model card and folder.")
  private Optional<Path> file = Optional.empty();

  GeneralOverrides overrides() throws IOException {
    return file.isPresent()
        ? GeneralOverrides.parse(
            TextFile.named(file.get()), TextFile.read(file.get(), MOST_BYTES), name)
        : new GeneralOverrides(Optional.empty(), name);
  }

  /// One of the options that were given, if any was.
  Optional<String> given() {
    return name.isPresent() ? Optional.of("--model-name") : file.map(_ -> "--metadata");
  }

  /// The file, which is an input.
  Optional<Path> file() {
    return file;
  }
}

package dev.zonda.cli;

import dev.zonda.formats.OverwritePolicy;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The file that a measurement is written to, where it is wanted. Mix it in with `@Mixin`.
final class ResultFileOptions {
  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      order = 4,
      description = "The file to write.")
  private Optional<Path> file = Optional.empty();

  @Mixin private ForceOption force;

  Optional<Path> file() {
    return file;
  }

  OverwritePolicy policy() {
    return force.policy();
  }
}

package dev.zonda.cli.options;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OverwritePolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The file that a measurement is written to, if one is named. Mix it in with `@Mixin`.
public final class ResultFileOptions {
  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      order = 4,
      description = "The file to write, or a folder for it.")
  private Optional<OutputPath> output = Optional.empty();

  @Mixin private ForceOption force;

  /// @param usualName of the file, in a folder
  public Optional<Path> file(String usualName) {
    return output.map(path -> path.file(usualName));
  }

  public boolean isGiven() {
    return output.isPresent();
  }

  /// Whether `--force` is given without an output.
  public boolean isForcedInVain() {
    return force.isGiven() && output.isEmpty();
  }

  /// Fails early if the file could not be written after the work.
  public void requireCreatable(String usualName) throws IOException {
    if (output.isPresent()) {
      output.get().makeFolder();
      AtomicFile.requireCreatable(output.get().file(usualName), policy());
    }
  }

  public OverwritePolicy policy() {
    return force.policy();
  }
}

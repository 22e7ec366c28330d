package dev.zonda.cli.options;

import dev.zonda.formats.checkpoint.CheckpointFolder;
import dev.zonda.formats.io.Links;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Whether links in a model's folder may lead out of it. Mix it in with `@Mixin`.
public final class LinksOption {
  static final String NAME = "--follow-links";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = NAME,
      order = 190,
      description = "Follow symbolic links that lead out of the model's folder.")
  private boolean follow;

  public boolean isGiven() {
    return follow;
  }

  public Links links() {
    return follow ? Links.ANYWHERE : Links.WITHIN;
  }

  /// Fails if the option is given and no model is a folder.
  public void requireFolder(List<Path> models) throws IOException {
    if (!follow) {
      return;
    }
    for (Path model : models) {
      if (CheckpointFolder.isAt(model)) {
        return;
      }
    }
    throw new UsageError(
        command,
        "%s applies to checkpoint folders only, and there is none (%s): leave it out"
            .formatted(
                NAME, models.stream().map(Path::toString).collect(Collectors.joining(", "))));
  }
}

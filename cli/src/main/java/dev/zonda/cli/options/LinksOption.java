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
      description = "Read files that symbolic links lead to outside of the model's folder.")
  private boolean follow;

  public boolean isGiven() {
    return follow;
  }

  public Links links() {
    return follow ? Links.ANYWHERE : Links.WITHIN;
  }

  /// Fails if the option is given and there is no folder that it could be about.
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
        "%s is for checkpoint folders, and %s is none: leave it out"
            .formatted(
                NAME, models.stream().map(Path::toString).collect(Collectors.joining(", "))));
  }
}

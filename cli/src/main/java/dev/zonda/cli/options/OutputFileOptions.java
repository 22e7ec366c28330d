package dev.zonda.cli.options;

import dev.zonda.formats.OutputPolicy;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.PartialWork;
import picocli.CommandLine.Option;

/// What to do with existing and with unfinished output files, for commands that write a model. Mix
/// it in with `@Mixin`.
public final class OutputFileOptions {
  @Option(
      names = "--force",
      order = 810,
      description = "Overwrite the output, or the rest of an unfinished one, if it exists.")
  private boolean force;

  @Option(
      names = "--resume",
      order = 811,
      description = "Resume where an earlier run of this command stopped; implies --keep-partial.")
  private boolean resume;

  @Option(
      names = "--keep-partial",
      order = 812,
      description = "Keep the unfinished output for --resume if the run fails or is stopped.")
  private boolean keepPartial;

  public OverwritePolicy overwriting() {
    return force ? OverwritePolicy.REPLACE : OverwritePolicy.FAIL;
  }

  public OutputPolicy policy() {
    if (resume) {
      return new OutputPolicy(overwriting(), PartialWork.RESUME);
    }
    return new OutputPolicy(overwriting(), keepPartial ? PartialWork.KEEP : PartialWork.REMOVE);
  }
}

package dev.zonda.cli.options;

import dev.zonda.formats.OverwritePolicy;
import picocli.CommandLine.Option;

/// `--force`, for commands that write a file in one go. Mix it in with `@Mixin`.
public final class ForceOption {
  @Option(names = "--force", order = 810, description = "Overwrite the output if it exists.")
  private boolean force;

  public boolean isGiven() {
    return force;
  }

  public OverwritePolicy policy() {
    return force ? OverwritePolicy.REPLACE : OverwritePolicy.FAIL;
  }
}

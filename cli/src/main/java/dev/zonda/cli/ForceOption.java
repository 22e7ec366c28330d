package dev.zonda.cli;

import dev.zonda.formats.OverwritePolicy;
import picocli.CommandLine.Option;

/// `--force`, for commands that write a file in one go. Mix it in with `@Mixin`.
final class ForceOption {
  @Option(names = "--force", order = 810, description = "Overwrite the output if it exists.")
  private boolean force;

  boolean isGiven() {
    return force;
  }

  OverwritePolicy policy() {
    return force ? OverwritePolicy.REPLACE : OverwritePolicy.FAIL;
  }
}

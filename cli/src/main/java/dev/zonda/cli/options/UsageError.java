package dev.zonda.cli.options;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/// An error of the command line that picocli cannot see, for example options that exclude each
/// other. The message is shown as it is.
public final class UsageError extends ParameterException {
  private static final long serialVersionUID = 1L;

  public UsageError(CommandSpec command, String message) {
    super(command.commandLine(), message);
  }
}

package dev.zonda.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/// An error of the command line that picocli cannot see, for example options that exclude each
/// other. The message is shown as it is.
final class UsageError extends ParameterException {
  private static final long serialVersionUID = 1L;

  UsageError(CommandSpec command, String message) {
    super(command.commandLine(), message);
  }
}

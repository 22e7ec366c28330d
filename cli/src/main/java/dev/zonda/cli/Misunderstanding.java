package dev.zonda.cli;

import dev.zonda.cli.options.UsageError;
import dev.zonda.formats.NearestName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// What is wrong with a command line, in a sentence for people.
final class Misunderstanding {
  private Misunderstanding() {}

  /// Picocli's message, in plainer words where possible and with what may have been meant; our own
  /// messages as they are.
  static String of(ParameterException e) {
    return switch (e) {
      case UsageError error -> error.getMessage();
      case UnmatchedArgumentException unmatched -> ofUnmatched(unmatched);
      default -> plain(Optional.ofNullable(e.getMessage()).orElse(""));
    };
  }

  private static String ofUnmatched(UnmatchedArgumentException e) {
    String first = e.getUnmatched().getFirst();
    CommandLine command = e.getCommandLine();
    if (e.isUnknownOption()) {
      String name = first.split("=", 2)[0];
      return "unknown option '%s'%s"
          .formatted(name, NearestName.question(NearestName.meant(name, options(command))));
    }
    return command.getCommand() instanceof Main
        ? "unknown command '%s'%s"
            .formatted(first, NearestName.question(NearestName.meant(first, Commands.names())))
        : "unexpected argument '" + first + "'";
  }

  /// Long names only: any two single letters are near each other.
  private static List<String> options(CommandLine command) {
    List<String> names = new ArrayList<>();
    for (OptionSpec option : command.getCommandSpec().options()) {
      names.add(option.longestName());
    }
    return names;
  }

  private static String plain(String message) {
    return message.isEmpty()
        ? "wrong command line"
        : Character.toLowerCase(message.charAt(0)) + message.substring(1);
  }
}

package dev.zonda.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/// How the help looks: commands in groups, exit codes below.
final class HelpText {
  private HelpText() {}

  static void arrange(CommandLine commands) {
    Map<String, CommandLine.IHelpSectionRenderer> sections = commands.getHelpSectionMap();
    sections.put(
        UsageMessageSpec.SECTION_KEY_COMMAND_LIST, help -> commandList(help.commandSpec()));
    commands.setHelpSectionMap(sections);
    for (CommandLine command : commands.getSubcommands().values()) {
      command.getCommandSpec().addOption(helpOption());
      UsageMessageSpec usage = command.getCommandSpec().usageMessage();
      usage.sortOptions(false);
      usage.abbreviateSynopsis(true);
      usage.parameterListHeading("%n");
      usage.optionListHeading("%n");
      usage.exitCodeListHeading("%nExit codes:%n");
      usage.exitCodeList(exitCodes());
    }
    commands.getCommandSpec().usageMessage().exitCodeListHeading("%nExit codes:%n");
    commands.getCommandSpec().usageMessage().exitCodeList(exitCodes());
  }

  private static OptionSpec helpOption() {
    return OptionSpec.builder("-h", "--help")
        .usageHelp(true)
        .order(1000)
        .description("Show this help.")
        .build();
  }

  static void printCommands(CommandLine commands, PrintWriter out) {
    out.print(commandList(commands.getCommandSpec()));
  }

  private static Map<String, String> exitCodes() {
    return Stream.of(ExitCode.values())
        .collect(
            Collectors.toMap(
                code -> Integer.toString(code.number()),
                ExitCode::meaning,
                (first, _) -> first,
                LinkedHashMap::new));
  }

  private static String commandList(CommandLine.Model.CommandSpec main) {
    if (main.subcommands().isEmpty()) {
      return "";
    }
    StringBuilder list = new StringBuilder("%nCommands:%n".formatted());
    Commands.groups()
        .forEach((group, names) -> {
          String heading = group;
          for (String name : names) {
            CommandLine command = main.subcommands().get(name);
            if (command != null) {
              String summary = command.getCommandSpec().usageMessage().description()[0];
              list.append("  %-6s  %-11s  %s%n".formatted(heading, name, summary));
              heading = "";
            }
          }
        });
    return list.toString();
  }
}

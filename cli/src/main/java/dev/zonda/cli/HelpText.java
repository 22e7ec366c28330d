package dev.zonda.cli;

import dev.zonda.cli.render.Screen;
import dev.zonda.cli.render.Table;
import dev.zonda.cli.render.Table.Column;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/// Lays out the help: commands in groups, exit codes below them.
final class HelpText {
  private HelpText() {}

  /// Picocli's help needs at least this width; lines beyond the largest one are hard to read.
  private static final int LEAST_COLUMNS = 55;

  private static final int MOST_COLUMNS = 100;
  private static final String INDENT = "  ";

  /// @param screen that the help is shown on
  static void arrange(CommandLine commands, Screen screen) {
    int columns = columns(screen);
    commands.setUsageHelpWidth(columns);
    Map<String, CommandLine.IHelpSectionRenderer> sections = commands.getHelpSectionMap();
    sections.put(
        UsageMessageSpec.SECTION_KEY_COMMAND_LIST,
        help -> commandList(help.commandSpec(), columns));
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
    UsageMessageSpec usage = commands.getCommandSpec().usageMessage();
    usage.commandListHeading("%nCommands:%n");
    usage.exitCodeListHeading("%nExit codes:%n");
    usage.exitCodeList(exitCodes());
  }

  private static int columns(Screen screen) {
    // Every command comes here, and the class that a switch over patterns makes is in no cache.
    return screen instanceof Screen.Terminal
        ? Math.clamp(screen.columns(), LEAST_COLUMNS, MOST_COLUMNS)
        : Screen.USUAL_COLUMNS;
  }

  private static OptionSpec helpOption() {
    return OptionSpec.builder("-h", "--help")
        .usageHelp(true)
        .order(1000)
        .description("Show this help.")
        .build();
  }

  static void printCommands(CommandLine commands, PrintWriter out, Screen screen) {
    out.print("%nCommands:%n".formatted());
    out.print(commandList(commands.getCommandSpec(), columns(screen)));
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

  private static String commandList(CommandLine.Model.CommandSpec main, int columns) {
    if (main.subcommands().isEmpty()) {
      return "";
    }
    Table table = Table.of(Column.left(""), Column.left(""), Column.left(""));
    Commands.groups()
        .forEach((group, names) -> {
          String heading = group;
          for (String name : names) {
            CommandLine command = main.subcommands().get(name);
            if (command != null) {
              String summary = command.getCommandSpec().usageMessage().description()[0];
              table.row(heading, name, summary);
              heading = "";
            }
          }
        });
    return table.lines(columns - INDENT.length()).stream()
        .map(line -> INDENT + line + System.lineSeparator())
        .collect(Collectors.joining());
  }
}

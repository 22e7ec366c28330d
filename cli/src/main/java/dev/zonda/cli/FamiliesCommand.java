package dev.zonda.cli;

import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Table;
import dev.zonda.cli.render.Table.Column;
import dev.zonda.convert.families.Families;
import dev.zonda.convert.rules.Family;
import java.util.List;
import picocli.CommandLine.Command;

/// `zonda families`: lists what can be converted.
@Command(
    name = "families",
    description = {
      "List the model families that can be converted.",
      "",
      "A folder belongs to the family whose class its config.json names. Fine-tunes and merges of"
          + " a model belong to its family."
    },
    footer = {"", "Examples:", "  zonda families", "  zonda families --json"})
final class FamiliesCommand extends ZondaCommand {
  /// The JSON of the command.
  record FamiliesJson(List<FamilyRow> families) {}

  /// @param name for people
  /// @param architecture GGUF's name
  /// @param classes what config.json calls it
  /// @param models some that people know by name
  record FamilyRow(String name, String architecture, List<String> classes, List<String> models) {
    private static FamilyRow of(Family family) {
      return new FamilyRow(
          family.name(),
          family.architecture(),
          Families.classes(family).stream().sorted().toList(),
          family.models());
    }
  }

  @Override
  protected ExitCode run(Console console) {
    List<FamilyRow> rows = Families.all().stream().map(FamilyRow::of).toList();
    if (json()) {
      console.json(new FamiliesJson(rows));
      return ExitCode.OK;
    }
    Table table = Table.of(Column.left("family"), Column.left("GGUF"), Column.left("models"));
    for (FamilyRow row : rows) {
      table.row(row.name(), row.architecture(), String.join(", ", row.models()));
    }
    console.table(table);
    return ExitCode.OK;
  }
}

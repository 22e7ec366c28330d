package dev.zonda.cli.reports;

import dev.zonda.cli.render.Console;
import dev.zonda.quantize.imatrix.ZeroColumns;
import java.util.List;

/// Names the columns that an importance matrix has no weight for.
final class ZeroColumnWarnings {
  /// Columns beyond this number are named with --verbose only.
  private static final int NAMED = 10;

  private ZeroColumnWarnings() {}

  /// @param what is wrong with the columns
  /// @param consequence printed once, after all of them
  static void print(List<ZeroColumns> all, String what, String consequence, Console console) {
    for (ZeroColumns columns : all.subList(0, Math.min(NAMED, all.size()))) {
      console.warning(columns + " " + what);
    }
    if (all.size() > NAMED) {
      List<ZeroColumns> others = all.subList(NAMED, all.size());
      console.warning(
          "and columns of %d more matrices (--verbose names them)".formatted(others.size()));
      others.forEach(columns -> console.detail(columns + " " + what));
    }
    if (!all.isEmpty()) {
      console.warning(consequence);
    }
  }
}

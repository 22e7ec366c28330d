package dev.zonda.cli.reports;

import dev.zonda.cli.render.Console;
import dev.zonda.quantize.imatrix.ZeroColumns;
import java.util.List;

/// Names the columns that an importance matrix has no weight for.
final class ZeroColumnWarnings {
  /// More than that are named with --verbose only.
  private static final int NAMED = 10;

  private ZeroColumnWarnings() {}

  /// @param what is the matter with the columns
  /// @param consequence said once, behind all
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

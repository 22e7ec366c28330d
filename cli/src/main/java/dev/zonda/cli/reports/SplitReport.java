package dev.zonda.cli.reports;

import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.cli.render.Table;
import dev.zonda.cli.render.Table.Column;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.gguf.SplitPlan;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a split did or would do: the JSON of `split`, and its text.
///
/// @param tensors number in all files
/// @param bytes of all files
/// @param files in order
/// @param oversized names of tensors larger than the limit
/// @param seconds that it took; empty if it was only planned
public record SplitReport(
    int tensors,
    long bytes,
    List<FileRow> files,
    List<String> oversized,
    Optional<Double> seconds) {

  /// @param tensors number in the file
  /// @param bytes of the file
  record FileRow(String name, int tensors, long bytes) {}

  public static SplitReport planned(Path prefix, SplitPlan plan) {
    return of(prefix, plan, Optional.empty());
  }

  public static SplitReport done(Path prefix, SplitPlan plan, Duration elapsed) {
    return of(prefix, plan, Optional.of(elapsed.toMillis() / 1000.0));
  }

  private static SplitReport of(Path prefix, SplitPlan plan, Optional<Double> seconds) {
    List<Path> paths = plan.files(prefix);
    List<FileRow> files = new ArrayList<>(paths.size());
    for (int i = 0; i < paths.size(); i++) {
      GgufLayout part = plan.parts().get(i);
      files.add(new FileRow(paths.get(i).toString(), part.tensors().size(), part.fileBytes()));
    }
    return new SplitReport(
        plan.fileSet().tensors().size(),
        plan.fileSet().bytes(),
        files,
        plan.oversized().stream().map(TensorSpec::name).toList(),
        seconds);
  }

  /// The files as a table, and a line about them.
  public void print(Console console) {
    Table table = Table.of(Column.left("file"), Column.right("tensors"), Column.right("size"));
    for (FileRow file : files) {
      table.row(file.name(), Integer.toString(file.tensors()), Sizes.bytes(file.bytes()));
    }
    console.table(table);
    console.gap();
    console.line(
        "%s %d %s: %d tensors, %s%s"
            .formatted(
                seconds.isEmpty() ? "would write" : "wrote",
                files.size(),
                files.size() == 1 ? "file" : "files",
                tensors,
                Sizes.bytes(bytes),
                seconds.map(s -> ", in " + Sizes.decimals(s, 1) + " s").orElse("")));
  }
}

package dev.zonda.cli;

import dev.zonda.cli.options.ThreadsOption;
import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Screen;
import dev.zonda.cli.render.Streams;
import dev.zonda.cli.reports.DemoReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `zonda demo`: the other commands, one after the other, on a model that comes with zonda.
///
/// It runs exactly the command lines that it shows and reads their JSON; it computes nothing
/// itself.
@Command(
    name = "demo",
    description = {
      "Convert, quantize and check a small bundled model.",
      "",
      "This takes a few seconds. The model was trained on Shakespeare; its 4 million parameters"
          + " take 8 MB."
    },
    footer = {"", "Examples:", "  zonda demo", "  zonda demo --output my-demo"})
final class DemoCommand extends ZondaCommand {
  private static final String MODEL = "testdata/models/shakespeare-mistral";
  private static final String TEXT = "testdata/models/shakespeare-mistral.reference/text.txt";
  private static final String TYPE = "Q4_K_M";

  /// What the user typed to start zonda, as the launcher passes it on.
  private static final String PROGRAM = System.getProperty("zonda.command", "zonda");

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      order = 1,
      description = "Folder for the output file (default: ${DEFAULT-VALUE}).")
  private Path folder = Path.of("zonda-demo");

  @Mixin private ThreadsOption threads;

  @Spec private CommandSpec spec;

  /// The outcome of `--json`.
  ///
  /// @param output the file that was made
  /// @param inspect what `inspect --json` says of it
  /// @param compare what `compare --json` says of it
  record DemoJson(String output, JsonNode inspect, JsonNode compare) {}

  /// A command that failed; it has already reported why.
  private static final class StepFailed extends Exception {
    private static final long serialVersionUID = 1L;
    private final int code;

    StepFailed(int code) {
      super("exit code " + code);
      this.code = code;
    }
  }

  @Override
  protected ExitCode run(Console console) throws IOException {
    Path model = bundled(MODEL);
    Path text = bundled(TEXT);
    Files.createDirectories(folder);
    Path output = folder.resolve("shakespeare-" + TYPE + ".gguf");
    try {
      JsonNode before = step(console, "inspect", model.toString());
      step(console, "convert", model.toString(), "-t", TYPE, "-o", output.toString(), "--force");
      JsonNode after = step(console, "inspect", output.toString());
      JsonNode comparison =
          step(
              console,
              "compare",
              model.toString(),
              output.toString(),
              "-f",
              text.toString(),
              "--ctx",
              "256");
      if (json()) {
        console.json(new DemoJson(output.toString(), after, comparison));
      } else {
        DemoReport.of(before, after, comparison).print(PROGRAM, output, console);
      }
      return ExitCode.OK;
    } catch (StepFailed failure) {
      return ExitCode.of(failure.code);
    }
  }

  /// Runs a command as the user would, and reads its result.
  private JsonNode step(Console console, String... command) throws StepFailed {
    if (!json()) {
      console.line(
          "$ "
              + PROGRAM
              + " "
              + Stream.of(command).map(DemoCommand::quoted).collect(Collectors.joining(" ")));
      console.flush();
    }
    List<String> line = new ArrayList<>(List.of(command));
    line.add("--json");
    if (!command[0].equals("inspect")) {
      line.addAll(List.of("--threads", Integer.toString(threads.threads())));
    }
    Streams own = ((Main) spec.root().userObject()).streams();
    StringWriter result = new StringWriter();
    int code =
        Main.run(
            new Streams(new PrintWriter(result), own.err(), Screen.none(), own.errScreen()),
            line.toArray(String[]::new));
    if (code != 0) {
      throw new StepFailed(code);
    }
    return JsonMapper.shared().readTree(result.toString());
  }

  private static String quoted(String argument) {
    return argument.contains(" ") ? "'" + argument + "'" : argument;
  }

  /// A file in zonda's own folder, which the launcher names. Its path is relative to the current
  /// folder if it lies in it.
  private static Path bundled(String name) throws IOException {
    Path here = Path.of("").toAbsolutePath();
    Path path = here.resolve(System.getProperty("zonda.home", "")).resolve(name);
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    return path.startsWith(here) ? here.relativize(path) : path;
  }
}

package dev.zonda.cli;

import dev.zonda.cli.render.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// What all commands share: the output options, and how they are run.
///
/// A command parses its options into values of the other modules, lets these do the work, and
/// renders what they return. It throws what they throw: [Failure] explains it to the user.
///
/// ```java
/// @Command(name = "count", description = "Counts the tensors of a file.")
/// final class CountCommand extends ZondaCommand {
///   @Parameters(paramLabel = "FILE", description = "A GGUF file.")
///   private Path file;
///
///   @Mixin private ThreadsOption threads;
///
///   @Override
///   protected ExitCode run(Console console) throws IOException {
///     try (GgufFile model = GgufFile.open(file)) {
///       Count count = Count.of(model, threads.threads(), console.progress());
///       if (json()) {
///         console.json(count);
///       } else {
///         console.table(Table.ofPairs().row("tensors", Sizes.exact(count.tensors())));
///       }
///     }
///     return ExitCode.OK;
///   }
/// }
/// ```
///
/// A new command has its name and its place in [Commands].
abstract class ZondaCommand implements Callable<Integer> {
  @Mixin private OutputOptions output;

  @Spec private CommandSpec spec;

  /// Does the command's work.
  ///
  /// @param console where results and messages go
  protected abstract ExitCode run(Console console) throws Exception;

  @Override
  public final Integer call() throws Exception {
    Main main = (Main) spec.root().userObject();
    return run(new Console(main.streams(), output.verbosity())).number();
  }

  /// Whether results are wanted as JSON.
  protected final boolean json() {
    return output.json();
  }

  final boolean verbose() {
    return output.verbosity() == Console.Verbosity.VERBOSE;
  }

  /// An error of the command line that picocli cannot see, for example options that exclude each
  /// other. To be thrown.
  protected final ParameterException usageError(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /// The input is read while the output is written, so that they must differ, by whatever path.
  protected final void requireOtherFile(List<Path> inputs, Path output) throws IOException {
    if (!Files.exists(output)) {
      return;
    }
    for (Path input : inputs) {
      if (Files.isSameFile(input, output)) {
        throw usageError(output + " is the input: name another file with -o");
      }
    }
  }
}

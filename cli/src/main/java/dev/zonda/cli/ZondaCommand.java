package dev.zonda.cli;

import dev.zonda.cli.options.OutputOptions;
import dev.zonda.cli.options.SameFile;
import dev.zonda.cli.options.TextFile;
import dev.zonda.cli.options.UsageError;
import dev.zonda.cli.render.Console;
import dev.zonda.formats.output.FileSetWriter;
import dev.zonda.quantize.kernel.Vectors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
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
/// A new command gets its name and its place in [Commands].
abstract class ZondaCommand implements Callable<Integer> {
  @Mixin private OutputOptions output;

  @Spec private CommandSpec spec;

  /// Does the command's work.
  ///
  /// @param console where results and messages go
  protected abstract ExitCode run(Console console) throws Exception;

  @Override
  public final Integer call() throws Exception {
    try {
      Vectors _ = Vectors.chosen();
    } catch (IllegalArgumentException e) {
      throw usageError(e.getMessage());
    }
    requireWords();
    output
        .contradiction()
        .ifPresent(message -> {
          throw usageError(message);
        });
    Main main = (Main) spec.root().userObject();
    return run(new Console(main.streams(), output.verbosity(), output.progress())).number();
  }

  /// A script whose variable is not set passes an empty argument. As a path, Java would take it for
  /// the current folder; as a pattern, it would match everything.
  private void requireWords() {
    for (ArgSpec argument : spec.commandLine().getParseResult().matchedArgs()) {
      if (argument.stringValues().contains("") && !mayBeEmpty(argument)) {
        throw usageError(
            (argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel())
                + " is empty");
      }
    }
  }

  /// Whether an empty argument makes sense.
  protected boolean mayBeEmpty(ArgSpec argument) {
    return false;
  }

  /// Called when the command line could not be understood.
  ///
  /// @param arguments all of them
  /// @param message what is wrong
  protected void misunderstood(List<String> arguments, String message) {}

  /// Whether results are wanted as JSON.
  protected final boolean json() {
    return output.json();
  }

  final boolean verbose() {
    return output.verbosity() == Console.Verbosity.VERBOSE;
  }

  /// An error of the command line, to be thrown.
  protected final UsageError usageError(String message) {
    return new UsageError(spec, message);
  }

  /// Standard input can be read only once.
  protected final void requireOneFromStandardInput(List<Path> texts) {
    if (texts.stream().filter(TextFile::isStandardInput).count() > 1) {
      throw usageError("standard input can be read only once: name a file for each other input");
    }
  }

  /// Inputs are read while outputs are written, so they must be different files, whatever their
  /// paths. The same holds for the files in which an output is prepared.
  protected final void requireOtherFiles(List<Path> inputs, List<Path> outputs) throws IOException {
    if (outputs.isEmpty()) {
      return;
    }
    for (Path input : inputs) {
      for (Path output : outputs) {
        if (SameFile.is(input, output)) {
          throw usageError(output + " is an input: name another file for the output");
        }
      }
      for (Path working : FileSetWriter.workingFiles(outputs)) {
        if (SameFile.is(input, working)) {
          throw usageError(
              working + " is an input, but needed to write the output: name another output");
        }
      }
    }
  }

  /// All files in a model's folder are inputs, except GGUF files.
  ///
  /// @param model a folder, or a file, next to which anything may lie
  protected final void requireOutside(Path model, List<Path> outputs) throws IOException {
    for (Path output : outputs) {
      boolean isInput =
          Files.isRegularFile(output)
              && Files.isSameFile(model, output.toRealPath().getParent())
              && !output.toRealPath().toString().endsWith(".gguf");
      if (isInput) {
        throw usageError(output + " belongs to the model: name another file for the output");
      }
    }
  }
}

package dev.zonda.cli;

import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.cli.render.Table;
import dev.zonda.convert.Models;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.Checkpoints;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.Engine;
import dev.zonda.verify.GoldenLogits;
import dev.zonda.verify.GoldenLogitsFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "logits",
    description = {
      "Compare a model's logits with stored ones, or store them.",
      "",
      "The stored ones are a safetensors file with input_ids (I64: sequences, tokens) and logits"
          + " (F32: sequences, positions, vocabulary), for example from transformers. They may be"
          + " those of the last positions only."
    },
    footer = {
      "",
      "Examples:",
      "  zonda logits my-model/ --golden golden.safetensors --tolerance 1e-4",
      "  zonda logits my-model/ -f text.txt --ctx 8192 --chunks 1 --last 64 \\",
      "    -o golden.safetensors"
    })
final class LogitsCommand extends ZondaCommand {
  @Parameters(paramLabel = "MODEL", description = "A GGUF file or a checkpoint folder.")
  private Path path;

  @Option(
      names = "--golden",
      paramLabel = "FILE",
      order = 0,
      description = "Compare with these stored logits.")
  private Optional<Path> golden = Optional.empty();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "TEXT",
      order = 1,
      description = "Store the logits of this text.")
  private Optional<Path> text = Optional.empty();

  @Mixin private ChunkOptions chunkOptions;

  @Option(
      names = "--last",
      paramLabel = "N",
      order = 4,
      description = "Store those of the last N positions of each chunk (default: all).")
  private Optional<Integer> last = Optional.empty();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      order = 5,
      description = "The file to write.")
  private Optional<Path> output = Optional.empty();

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      order = 6,
      description = "Largest difference allowed; beyond it the exit code is 1.")
  private Optional<Double> tolerance = Optional.empty();

  @Option(
      names = "--long-tolerance",
      paramLabel = "X",
      order = 7,
      description = "The same for long positions (default: as --tolerance).")
  private Optional<Double> longTolerance = Optional.empty();

  @Option(
      names = "--long-from",
      paramLabel = "N",
      order = 8,
      description = "The first position that counts as long (default: 1024).")
  private int longFrom = GoldenLogits.LONG_FROM;

  @Option(names = "--force", order = 810, description = "Overwrite the output if it exists.")
  private boolean force;

  @Mixin private ThreadsOption threads;

  @Mixin private EvaluationMemoryOption memory;

  @Override
  protected ExitCode run(Console console) throws IOException {
    if (golden.isPresent() == text.isPresent() || text.isPresent() != output.isPresent()) {
      throw usageError("give --golden FILE to compare, or -f TEXT and -o FILE to store");
    }
    if (longFrom < 1 || last.orElse(1) < 1) {
      throw usageError("--long-from and --last must be 1 or more");
    }
    try (Engine engine = memory.engine(threads);
        GgufModel model = Models.open(path)) {
      return golden.isPresent()
          ? compare(golden.get(), model, engine, console)
          : store(text.orElseThrow(), output.orElseThrow(), model, engine, console);
    }
  }

  private ExitCode store(Path textPath, Path file, GgufModel model, Engine engine, Console console)
      throws IOException {
    List<Path> inputs = new ArrayList<>(model.files());
    inputs.add(textPath);
    requireOtherFiles(inputs, List.of(file));
    requireOutside(path, List.of(file));
    GoldenLogitsFile.Summary summary =
        GoldenLogitsFile.write(
            model,
            chunkOptions.chunks(textPath, model),
            last.map(OptionalInt::of).orElseGet(OptionalInt::empty),
            file,
            force ? OverwritePolicy.REPLACE : OverwritePolicy.FAIL,
            engine,
            console.progress());
    if (json()) {
      console.json(summary);
    } else {
      console.table(
          Table.ofPairs()
              .row("output", summary.output())
              .row("sequences", "%d of %d tokens".formatted(summary.sequences(), summary.tokens()))
              .row("logits", "of %d positions each".formatted(summary.positions())));
    }
    return ExitCode.OK;
  }

  private ExitCode compare(Path file, GgufModel model, Engine engine, Console console)
      throws IOException {
    try (Checkpoint stored = Checkpoints.open(file)) {
      GoldenLogits result =
          GoldenLogits.compare(model, stored, longFrom, engine, console.progress());
      if (json()) {
        console.json(result);
      } else {
        print(result, console);
      }
      List<String> misses = misses(result);
      misses.forEach(console::note);
      return misses.isEmpty() ? ExitCode.OK : ExitCode.GATE_FAILED;
    }
  }

  private static void print(GoldenLogits result, Console console) {
    Table table = Table.ofPairs();
    table
        .row("largest difference", "%.3g".formatted(result.maxAbsDiff()))
        .row("mean difference", "%.3g".formatted(result.meanAbsDiff()))
        .row("same top token", Sizes.decimals(100 * result.argmaxAgreement(), 2) + " %");
    if (result.shortPositions().isPresent() && result.longPositions().isPresent()) {
      table
          .row("at short positions", "%.3g".formatted(result.shortPositions().get().maxAbsDiff()))
          .row("at long positions", "%.3g".formatted(result.longPositions().get().maxAbsDiff()));
    }
    console.table(table);
  }

  /// What is beyond its tolerance. What is no number is beyond any.
  private List<String> misses(GoldenLogits result) {
    List<String> misses = new ArrayList<>();
    result
        .shortPositions()
        .flatMap(part -> miss("--tolerance", tolerance, part, ""))
        .ifPresent(misses::add);
    result
        .longPositions()
        .flatMap(part ->
            longTolerance.isPresent()
                ? miss("--long-tolerance", longTolerance, part, " at long positions")
                : miss("--tolerance", tolerance, part, " at long positions"))
        .ifPresent(misses::add);
    return misses;
  }

  private static Optional<String> miss(
      String option, Optional<Double> limit, GoldenLogits.Part part, String where) {
    return limit
        .filter(most -> !(part.maxAbsDiff() <= most))
        .map(most ->
            "the largest difference%s, %.3g, is beyond %s %.3g"
                .formatted(where, part.maxAbsDiff(), option, most));
  }
}

package dev.zonda.cli;

import dev.zonda.cli.options.ResultFileOptions;
import dev.zonda.cli.options.TextOptions;
import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.cli.render.Table;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.checkpoint.Checkpoints;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.GoldenLogits;
import dev.zonda.verify.GoldenLogitsFile;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import dev.zonda.verify.evaluation.EvaluationPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "logits",
    description = {
      "Compare a model's logits with stored ones, or store them.",
      "",
      "Stored logits are a safetensors file with input_ids (I64: sequences, tokens) and logits"
          + " (F32: sequences, positions, vocabulary), for example from transformers. They may"
          + " cover the last positions only."
    },
    footer = {
      "",
      "Examples:",
      "  zonda logits my-model/ --golden golden.safetensors",
      "  zonda logits my-model/ -f text.txt --chunks 1 \\",
      "    --last 64 -o last.safetensors"
    })
final class LogitsCommand extends EvaluationCommand {
  private static final String USUAL_NAME = "golden.safetensors";

  @Parameters(paramLabel = "MODEL", description = "A GGUF file or a checkpoint folder.")
  private Path path;

  @Option(
      names = "--golden",
      paramLabel = "FILE",
      order = 0,
      description = "Compare with these stored logits.")
  private Optional<Path> golden = Optional.empty();

  @Mixin private TextOptions text;

  @Option(
      names = "--last",
      paramLabel = "N",
      order = 5,
      description = "Store only the last N positions of each chunk (default: all).")
  private Optional<Integer> last = Optional.empty();

  @Mixin private ResultFileOptions output;

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      order = 6,
      description = "Largest allowed difference; above it the exit code is 1.")
  private Optional<Double> tolerance = Optional.empty();

  @Option(
      names = "--long-tolerance",
      paramLabel = "X",
      order = 7,
      description = "The same for long positions (default: that of --tolerance).")
  private Optional<Double> longTolerance = Optional.empty();

  @Option(
      names = "--long-from",
      paramLabel = "N",
      order = 8,
      description = "The first position that counts as long (default: 1024).")
  private Optional<Integer> longFrom = Optional.empty();

  @Override
  protected ExitCode run(Console console) throws IOException {
    requireSense();
    try (Engine engine = engine(console);
        GgufModel model = open(path, List.of(path))) {
      requireKept(path, model, output.file(USUAL_NAME).stream().toList());
      return golden.isPresent()
          ? compare(golden.get(), model, engine, console)
          : store(model, engine, console);
    }
  }

  private void requireSense() throws IOException {
    boolean isStoring = text.file().isPresent();
    boolean hasOutput = output.file(USUAL_NAME).isPresent();
    if (golden.isPresent() == isStoring
        || (hasOutput && !isStoring)
        || (isStoring && !hasOutput && !isDryRun())) {
      throw usageError("give --golden FILE to compare, or -f TEXT and -o FILE to store");
    }
    if (golden.isPresent() && (text.isGiven() || last.isPresent())) {
      throw usageError("--ctx, --chunks and --last are for storing: leave them out with --golden");
    }
    if (output.isForcedInVain()) {
      throw usageError("--force has no effect without an output file: give -o FILE");
    }
    if (isStoring && Stream.of(tolerance, longTolerance, longFrom).anyMatch(Optional::isPresent)) {
      throw usageError(
          "--tolerance, --long-tolerance and --long-from are for comparing: give --golden FILE");
    }
    if (longFrom.orElse(1) < 1 || last.orElse(1) < 1) {
      throw usageError("--long-from and --last must be 1 or more");
    }
    requireTolerance("--tolerance", tolerance);
    requireTolerance("--long-tolerance", longTolerance);
    if (hasOutput) {
      requireOtherFiles(List.of(text.required()), List.of(output.file(USUAL_NAME).get()));
    }
  }

  private void requireTolerance(String option, Optional<Double> limit) {
    if (limit.isPresent() && !(limit.get() >= 0)) {
      throw usageError("%s is %s, expected 0 or more".formatted(option, limit.get()));
    }
  }

  private ExitCode store(GgufModel model, Engine engine, Console console) throws IOException {
    Chunks chunks = text.chunks(model, TextOptions.Length.ONE_CONTEXT, console);
    if (last.orElse(0) > chunks.context()) {
      console.note(
          "--last is %d, but a chunk has only %d positions: all of them are stored"
              .formatted(last.orElse(0), chunks.context()));
    }
    EvaluationPlan plan = plan(GoldenLogitsFile.workload(model, chunks), engine, console);
    if (isDryRun()) {
      return ExitCode.OK;
    }
    output.requireCreatable(USUAL_NAME);
    GoldenLogitsFile.Summary summary =
        GoldenLogitsFile.write(
            plan,
            chunks,
            last.map(OptionalInt::of).orElseGet(OptionalInt::empty),
            output.file(USUAL_NAME).orElseThrow(),
            output.policy(),
            console.progress());
    if (json()) {
      console.json(summary);
    } else {
      console.table(
          Table.ofPairs()
              .row("output", summary.output())
              .row("sequences", "%d of %d tokens".formatted(summary.sequences(), summary.tokens()))
              .row("logits", "of %d positions in each sequence".formatted(summary.positions())));
    }
    return ExitCode.OK;
  }

  private ExitCode compare(Path file, GgufModel model, Engine engine, Console console)
      throws IOException {
    try (Checkpoint stored = Checkpoints.open(file)) {
      EvaluationPlan plan = plan(GoldenLogits.workload(model, stored), engine, console);
      if (isDryRun()) {
        return ExitCode.OK;
      }
      GoldenLogits result =
          GoldenLogits.compare(
              plan, stored, longFrom.orElse(GoldenLogits.LONG_FROM), console.progress());
      if (json()) {
        console.json(result);
      } else {
        print(result, console);
      }
      if (longTolerance.isPresent() && result.longPositions().isEmpty()) {
        console.note(
            "--long-tolerance has no effect: no position is %d or later"
                .formatted(longFrom.orElse(GoldenLogits.LONG_FROM)));
      }
      List<String> misses = misses(result);
      misses.forEach(console::note);
      return misses.isEmpty() ? ExitCode.OK : ExitCode.GATE_FAILED;
    }
  }

  private static void print(GoldenLogits result, Console console) {
    Table table = Table.ofPairs();
    table
        .row("largest difference", Sizes.significant(result.maxAbsDiff(), 3))
        .row("mean difference", Sizes.significant(result.meanAbsDiff(), 3))
        .row("same top token", Sizes.decimals(100 * result.argmaxAgreement(), 2) + " %");
    if (result.shortPositions().isPresent() && result.longPositions().isPresent()) {
      table
          .row(
              "at short positions",
              Sizes.significant(result.shortPositions().get().maxAbsDiff(), 3))
          .row(
              "at long positions", Sizes.significant(result.longPositions().get().maxAbsDiff(), 3));
    }
    console.table(table);
  }

  /// The differences beyond their tolerances. NaN is beyond any tolerance.
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
            "the largest difference%s is %s, but %s allows only %s"
                .formatted(
                    where,
                    Sizes.significant(part.maxAbsDiff(), 3),
                    option,
                    Sizes.significant(most, 3)));
  }
}

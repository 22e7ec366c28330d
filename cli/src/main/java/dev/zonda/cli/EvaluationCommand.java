package dev.zonda.cli;

import dev.zonda.cli.options.EvaluationOptions;
import dev.zonda.cli.options.LinksOption;
import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.cli.render.Table;
import dev.zonda.convert.Models;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.kernel.Vectors;
import dev.zonda.verify.evaluation.Batching;
import dev.zonda.verify.evaluation.Engine;
import dev.zonda.verify.evaluation.EvaluationPlan;
import dev.zonda.verify.evaluation.Workload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Mixin;

/// What the commands that evaluate models share: they make a plan before any weight is read, and
/// `--dry-run` shows it.
abstract class EvaluationCommand extends ZondaCommand {
  @Mixin private EvaluationOptions evaluation;

  @Mixin private LinksOption links;

  /// Whether only the plan is wanted.
  protected final boolean isDryRun() {
    return evaluation.isDryRun();
  }

  /// Whether the command line limits the threads or the memory of an evaluation.
  protected final boolean isBounded() {
    return evaluation.isBounded();
  }

  /// Whether links out of folders are followed.
  protected final boolean isFollowingLinks() {
    return links.isGiven();
  }

  /// Opens a model to evaluate.
  ///
  /// @param all models that the command names
  protected final GgufModel open(Path model, List<Path> all) throws IOException {
    links.requireFolder(all);
    return Models.open(model, links.links());
  }

  /// The engine that the options describe.
  protected final Engine engine(Console console) {
    Engine engine = evaluation.engine();
    console.detail("computing with " + engine.description() + ": " + Vectors.chosen().reason());
    return engine;
  }

  /// Plans some work, fails if the memory does not suffice, and shows the plan in a dry run.
  ///
  /// @return the plan to run, unless this is a dry run
  protected final EvaluationPlan plan(Workload work, Engine engine, Console console) {
    EvaluationPlan plan = evaluation.plan(work, engine);
    if (isDryRun()) {
      show(plan, console);
    }
    return plan;
  }

  private void show(EvaluationPlan plan, Console console) {
    if (json()) {
      console.json(plan.batching());
    } else {
      print(plan.work(), plan.batching(), console);
    }
  }

  /// Fails if an output would replace a file of the model.
  protected final void requireKept(Path given, GgufModel model, List<Path> outputs)
      throws IOException {
    requireOtherFiles(model.files(), outputs);
    requireOutside(given, outputs);
  }

  private static void print(Workload work, Batching batching, Console console) {
    int chunks = work.runs().stream().mapToInt(Integer::intValue).sum();
    console.table(
        Table.ofPairs()
            .row("chunks", "%d of %d tokens".formatted(chunks, work.length()))
            .row(
                "batches",
                "%d of up to %d chunks".formatted(batching.batches(), batching.sequencesPerBatch()))
            .row("activations", Sizes.bytes(batching.activationBytes()))
            .row("logits", Sizes.bytes(batching.logitBytes()))
            .row("scratch", Sizes.bytes(batching.scratchBytes()))
            .row("held throughout", Sizes.bytes(batching.heldBytes()))
            .row("smallest batch", Sizes.bytes(batching.leastBytes())));
  }
}

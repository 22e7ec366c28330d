package dev.zonda.cli.options;

import dev.zonda.verify.evaluation.Batching;
import dev.zonda.verify.evaluation.Engine;
import dev.zonda.verify.evaluation.EvaluationPlan;
import dev.zonda.verify.evaluation.Workload;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// With what models are evaluated, for all commands that do. Mix it in with `@Mixin`.
public final class EvaluationOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--dry-run",
      order = 200,
      description = "Show how the text is cut into batches and what memory that takes; no more.")
  private boolean dryRun;

  @Mixin private ThreadsOption threads;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      order = 801,
      description = {
        "Most memory for the evaluation (default: 512M, or a third of the JVM's).",
        "With more, all weights are read less often."
      })
  private Optional<ByteCount> memory = Optional.empty();

  public boolean isDryRun() {
    return dryRun;
  }

  /// Whether threads or memory were given.
  public boolean isBounded() {
    return threads.isGiven() || memory.isPresent();
  }

  /// What evaluates, within the memory.
  public Engine engine() {
    return memory.isPresent()
        ? Engine.of(threads.threads(), memory.get().bytes())
        : Engine.of(threads.threads());
  }

  /// The plan for some work.
  ///
  /// @throws UsageError if the memory does not suffice
  public EvaluationPlan plan(Workload work, Engine engine) {
    EvaluationPlan plan = EvaluationPlan.of(work, engine);
    Batching batching = plan.batching();
    if (memory.isPresent() && batching.leastBytes() > memory.get().bytes()) {
      throw new UsageError(
          command,
          "one chunk takes %d bytes: give --memory %dM, or a smaller --ctx"
              .formatted(batching.leastBytes(), Math.ceilDiv(batching.leastBytes(), 1_000_000)));
    }
    long most = Runtime.getRuntime().maxMemory();
    if (batching.bytes() > most) {
      throw new UsageError(
          command,
          "the evaluation takes %d bytes, the JVM may take %d: set ZONDA_JAVA_OPTS=-Xmx%dm"
              .formatted(batching.bytes(), most, Math.ceilDiv(batching.bytes(), 1 << 19)));
    }
    return plan;
  }
}

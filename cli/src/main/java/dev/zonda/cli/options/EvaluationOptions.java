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

/// The threads and the memory of an evaluation, for all commands that evaluate models. Mix it in
/// with `@Mixin`.
public final class EvaluationOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--dry-run",
      order = 200,
      description = "Only show how the text is cut into batches and how much memory that takes.")
  private boolean dryRun;

  @Mixin private ThreadsOption threads;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      order = 801,
      description = {
        "Memory limit for the evaluation (default: 512M, or a third of the JVM's).",
        "With more memory, all weights are read less often."
      })
  private Optional<ByteCount> memory = Optional.empty();

  public boolean isDryRun() {
    return dryRun;
  }

  /// Whether threads or memory were given.
  public boolean isBounded() {
    return threads.isGiven() || memory.isPresent();
  }

  /// The engine, limited to the memory.
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
          "one chunk needs %d bytes of memory: give --memory %dM, or a smaller --ctx"
              .formatted(batching.leastBytes(), Math.ceilDiv(batching.leastBytes(), 1_000_000)));
    }
    long most = Runtime.getRuntime().maxMemory();
    if (batching.bytes() > most) {
      throw new UsageError(
          command,
          "the evaluation needs %d bytes, but the JVM may use only %d: set ZONDA_JAVA_OPTS=-Xmx%dm"
              .formatted(batching.bytes(), most, Math.ceilDiv(batching.bytes(), 1 << 19)));
    }
    return plan;
  }
}

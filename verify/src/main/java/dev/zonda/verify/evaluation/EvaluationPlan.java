package dev.zonda.verify.evaluation;

/// What is evaluated, by what, and in which batches. Made once for a measurement, before a weight
/// is read: what is shown of it is what runs.
public record EvaluationPlan(Workload work, Engine engine, Batching batching) {

  /// Plans for what the engine may take.
  public static EvaluationPlan of(Workload work, Engine engine) {
    return new EvaluationPlan(work, engine, Batching.of(work, engine));
  }
}

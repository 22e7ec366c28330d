package dev.zonda.verify.evaluation;

/// What is evaluated, by what, and in which batches. Made once for a measurement, before any weight
/// is read: the plan that is shown is the plan that runs.
public record EvaluationPlan(Workload work, Engine engine, Batching batching) {

  /// Plans for the memory that the engine may take.
  public static EvaluationPlan of(Workload work, Engine engine) {
    return new EvaluationPlan(work, engine, Batching.of(work, engine));
  }
}

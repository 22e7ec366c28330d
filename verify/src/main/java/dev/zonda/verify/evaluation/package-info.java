/// Runs networks over texts. Start at [Evaluator].
///
/// A text is cut into [Chunks]; a [Workload] says what is to be evaluated, an [EvaluationPlan] in
/// which batches, and an [Engine] with which kernels, threads and memory. What is measured on the
/// logits is not known here.
package dev.zonda.verify.evaluation;

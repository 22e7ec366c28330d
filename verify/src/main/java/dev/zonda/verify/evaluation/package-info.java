/// Runs networks over texts. Start at [Evaluator].
///
/// A text is cut into [Chunks]; a [Workload] says what is to be evaluated, an [Engine] with which
/// kernels, threads and memory. Both make an [EvaluationPlan], which has the batches ([Batching]);
/// nothing runs but such a plan. What is measured on the logits is not known here.
package dev.zonda.verify.evaluation;

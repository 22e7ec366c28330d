/// What values become: which type each tensor gets, and the pipeline that gets it there.
///
/// A [Recipe] says what is wanted; [QuantizationPlan] applies it to a model, with the rules of
/// `Mixture` and its table; [TensorPipeline] carries the plan out.
package dev.zonda.quantize;

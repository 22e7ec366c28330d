/// How far candidates' predictions are from a reference's. Start at [Comparison].
///
/// The models read the same chunks in step. Their predictions at each position are compared at once
/// and kept as [PairedSamples], from which the gates are decided and the figures of a [Divergence]
/// computed. [StoredLogits] stand in for a reference that another run, or llama-perplexity, has
/// evaluated.
package dev.zonda.verify.divergence;

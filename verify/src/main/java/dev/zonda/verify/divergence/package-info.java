/// How far candidates' predictions are from a reference's. Start at [Comparison].
///
/// The models read the same chunks in step. What they say of each position is compared at once and
/// kept as [PairedSamples], of which the gates are decided and the figures of a [Divergence] made.
/// [StoredLogits] stand in for a reference that another run, or the reference tool, has evaluated.
package dev.zonda.verify.divergence;

/// Means, percentiles, and intervals for means over the chunks of a text. Knows numbers only.
///
/// [Estimate] is a mean with its standard error; [ChunkBootstrap] makes intervals.
package dev.zonda.verify.statistics;

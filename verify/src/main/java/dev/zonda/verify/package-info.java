/// Whether it is still the same model. Here is what is measured on one model: [Perplexity],
/// [GoldenLogits], [ImportanceMeasurement].
///
/// `evaluation` runs networks over texts, `divergence` compares several models, and `gates` are the
/// limits that they must keep. `architectures` describe `network`s, `forward` runs them on
/// `kernels`.
package dev.zonda.verify;

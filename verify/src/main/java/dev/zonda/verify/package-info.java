/// Measures whether a model is still the same. Measurements on one model are here: [Perplexity],
/// [GoldenLogits], [ImportanceMeasurement].
///
/// `evaluation` runs networks over texts, `divergence` compares several models, and `gates` are the
/// limits that they must keep. `architectures` describe `network`s, `forward` runs them on
/// `kernels`.
package dev.zonda.verify;

/// The arithmetic of quantization in plain Java: small floats, rounding, grids of points, and the
/// searches for scales and levels. Knows the layout of no block but that of Q8_0, which vectors
/// fill in one go.
///
/// Every float operation happens in single precision and in the order of ggml built for plain
/// x86-64: no fused multiply-add, no reassociation.
package dev.zonda.quantize.levels;

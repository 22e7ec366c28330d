/// One codec per tensor type, each in a file of its name: block layout, quantization, and back.
///
/// Field names are ggml's (`d`, `dmin`, `scales`, `qs`). The bytes are those of
/// `ggml_quantize_chunk` built for plain x86-64: every float operation happens in single precision
/// and in ggml's order; no fused multiply-add, no reassociation.
package dev.zonda.quantize.block;

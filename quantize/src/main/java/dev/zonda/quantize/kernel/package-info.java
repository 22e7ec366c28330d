/// How the machine computes: which vectors all kernels use, those of the codecs and those of the
/// forward pass. Entry point: [dev.zonda.quantize.kernel.Vectors].
package dev.zonda.quantize.kernel;

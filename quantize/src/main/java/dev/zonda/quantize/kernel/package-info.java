/// How the machine computes. [Vectors] says which vectors all kernels use, those of the forward
/// pass too; [Kernels] is what codecs ask to have computed, in plain Java or with vectors
/// (`Lane…`), to the same bits.
package dev.zonda.quantize.kernel;

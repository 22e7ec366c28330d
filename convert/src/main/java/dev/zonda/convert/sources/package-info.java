/// A checkpoint's tensors as the families' tables see them: in llama.cpp's order, and in plain
/// numbers whatever they are stored in. Start at [SourceTensors].
package dev.zonda.convert.sources;

package dev.zonda.convert.sources;

import dev.zonda.convert.expression.Expression;

/// A tensor of a checkpoint.
///
/// @param name its full name there
/// @param values in F32, F16 or BF16; or in a type of ggml's that is kept as it is
/// @param file which of the checkpoint's files it lies in, from 0
public record SourceTensor(String name, Expression values, int file) {}

/// Where the values of a planned tensor come from: a small algebra over the tensors of a
/// checkpoint, evaluated row range by row range, so that nothing larger than a chunk is ever in
/// memory. Start at [Expression].
package dev.zonda.convert.expression;

/// Writes files of tensors in any format: a [FileLayout] says what the files of a format hold, and
/// everything else is here. One file is written by [TensorFile]. Files that appear together, and
/// can be resumed after a run that was killed, are planned as a [FileSet] and written by
/// [FileSetWriter].
package dev.zonda.formats.output;

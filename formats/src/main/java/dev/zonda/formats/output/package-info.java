/// Files of tensors as they come to be, of whatever format: a format says by a [FileLayout] what
/// its files hold, and everything else is here. One file is written by [TensorFile]. Files that
/// appear together, and can be resumed after a run that was killed, are planned as a [FileSet] and
/// written by [FileSetWriter].
package dev.zonda.formats.output;

/// What is in a file: tensors, metadata, and where their bytes lie. Start at [Checkpoint].
///
/// This module reads and writes; it knows no arithmetic on values and no model family. Here is what
/// its other packages share; what opens a checkpoint of any format is in `checkpoint`.
package dev.zonda.formats;

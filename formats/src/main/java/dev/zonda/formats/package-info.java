/// What is in a file: tensors, metadata, and where their bytes lie. Start at [Checkpoint].
///
/// This module reads and writes; it knows no arithmetic on values and no model family.
package dev.zonda.formats;

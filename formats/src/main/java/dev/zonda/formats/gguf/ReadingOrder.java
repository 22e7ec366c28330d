package dev.zonda.formats.gguf;

import dev.zonda.formats.TensorInfo;

/// The order in which a model's rows are best read, if it matters: a compressed source can only be
/// read forward, and going back means decoding it again.
public interface ReadingOrder {
  /// Where a row comes from: rows are best read in ascending order of this.
  ///
  /// @param tensor of the model
  long position(TensorInfo tensor, long row);
}

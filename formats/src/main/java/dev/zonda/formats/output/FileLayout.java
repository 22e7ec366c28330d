package dev.zonda.formats.output;

import dev.zonda.formats.TensorInfo;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/// Where everything will lie in a file, known before its first byte is written. A format implements
/// this, and no more, to be written whole or not at all, in any order, by many threads and in
/// several runs.
///
/// A file without tensors, such as an index of others, is all header.
public interface FileLayout {
  /// The tensors in the order of their offsets, which count from the start of the file and are all
  /// after the header. No two overlap.
  List<TensorInfo> tensors();

  /// Size of the whole file. What neither the header nor a tensor fills is zeros.
  long fileBytes();

  /// Writes all that comes before the first tensor, the same bytes each time.
  ///
  /// @param out buffered; is not closed
  /// @throws IOException if `out` fails
  void writeHeader(OutputStream out) throws IOException;
}

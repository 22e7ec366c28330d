package dev.zonda.formats.gguf;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteOrder;

/// The values of an array as they lie in a file: they can be copied to another file unchanged.
sealed interface PackedValues permits PackedArray, PackedStrings {
  /// Byte order of the numbers, or of the strings' lengths.
  ByteOrder order();

  void writeTo(OutputStream out) throws IOException;
}

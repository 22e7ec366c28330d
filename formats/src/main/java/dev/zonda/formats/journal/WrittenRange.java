package dev.zonda.formats.journal;

/// Bytes of an output that were written.
///
/// @param tensor which of the output's tensors, counted from 0
/// @param offset of the first byte, from the start of the tensor
/// @param bytes how many
/// @param checksum their CRC-32C
public record WrittenRange(int tensor, long offset, long bytes, int checksum) {
  static final int ENCODED_BYTES = Integer.BYTES + Long.BYTES + Long.BYTES + Integer.BYTES;
}

package dev.zonda.formats.archive;

import org.apache.commons.compress.archivers.zip.ZipMethod;

/// What a zip archive says about a file in it.
///
/// @param method number of the compression
/// @param isEncrypted whether its bytes cannot be read
/// @param headerAt where the file's own header begins in the archive
/// @param place where its bytes begin in the archive
/// @param storedBytes bytes that it takes in the archive
/// @param bytes its size once decoded
/// @param crc checksum of the decoded bytes
public record ZippedFile(
    String name,
    int method,
    boolean isEncrypted,
    long headerAt,
    long place,
    long storedBytes,
    long bytes,
    long crc) {
  /// Whether its bytes lie in the archive unchanged.
  public boolean isStored() {
    return method == ZipMethod.STORED.getCode() && !isEncrypted;
  }

  /// Whether its bytes lie within an archive of that size.
  public boolean liesWithin(long archiveBytes) {
    return place >= 0
        && storedBytes >= 0
        && bytes >= 0
        && (!isStored() || bytes == storedBytes)
        && place <= archiveBytes - storedBytes;
  }
}

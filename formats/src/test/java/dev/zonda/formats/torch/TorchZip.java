package dev.zonda.formats.torch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Writes the zip form around any pickle.
final class TorchZip {
  private TorchZip() {}

  /// @param storage the bytes of the storage '0'
  static byte[] of(byte[] pickle, byte[] storage) throws IOException {
    return of(pickle, storage, ZipEntry.STORED);
  }

  static byte[] of(byte[] pickle, byte[] storage, int storageMethod) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      put(zip, "model/data.pkl", pickle, ZipEntry.STORED);
      put(zip, "model/data/0", storage, storageMethod);
    }
    return bytes.toByteArray();
  }

  private static void put(ZipOutputStream zip, String name, byte[] content, int method)
      throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(method);
    if (method == ZipEntry.STORED) {
      CRC32 crc = new CRC32();
      crc.update(content);
      entry.setCrc(crc.getValue());
      entry.setSize(content.length);
    }
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}

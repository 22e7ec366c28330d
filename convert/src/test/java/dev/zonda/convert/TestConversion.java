package dev.zonda.convert;

import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.output.TensorFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Writes blueprints to files, a few rows at a time, and hashes them.
final class TestConversion {
  /// Odd, so that chunks do not end where heads do.
  private static final long CHUNK_ROWS = 7;

  private TestConversion() {}

  static void write(Blueprint model, Path file) throws IOException {
    try (TensorFile writer = TensorFile.create(file, model.layout(), OverwritePolicy.REPLACE)) {
      for (TensorInfo tensor : model.tensors()) {
        long rowBytes = tensor.rowBytes();
        MemorySegment scratch =
            MemorySegment.ofArray(new byte[Math.toIntExact(CHUNK_ROWS * rowBytes)]);
        long rows = tensor.shape().rows();
        for (long row = 0; row < rows; row += CHUNK_ROWS) {
          long count = Math.min(CHUNK_ROWS, rows - row);
          writer.write(tensor, row * rowBytes, model.rows(tensor, row, count, scratch));
        }
      }
      writer.commit();
    }
  }

  static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    return HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file)));
  }

  /// Copies the files of a folder, not of those below it.
  static void copy(Path folder, Path target) throws IOException {
    Files.createDirectories(target);
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
    }
  }
}

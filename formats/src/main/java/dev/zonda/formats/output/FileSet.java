package dev.zonda.formats.output;

import dev.zonda.formats.TensorInfo;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/// Files that appear together or not at all, be it one or many, each planned whole.
///
/// @param layouts at least one; first the file without which the others do not look like a model
public record FileSet(List<? extends FileLayout> layouts) {
  /// @throws IllegalArgumentException if there is no file, or a tensor in two of them
  public FileSet {
    layouts = List.copyOf(layouts);
    if (layouts.isEmpty()) {
      throw new IllegalArgumentException("a set needs at least one file");
    }
    Set<String> names = new HashSet<>();
    for (FileLayout layout : layouts) {
      for (TensorInfo tensor : layout.tensors()) {
        if (!names.add(tensor.name())) {
          throw new IllegalArgumentException(
              "tensor '" + tensor.name() + "' appears twice in the files");
        }
      }
    }
  }

  /// A single file.
  public static FileSet of(FileLayout layout) {
    return new FileSet(List.of(layout));
  }

  /// All tensors, file after file; each offset counts in its own file.
  public List<TensorInfo> tensors() {
    return layouts.stream().flatMap(layout -> layout.tensors().stream()).toList();
  }

  /// Size of all files together.
  public long bytes() {
    return layouts.stream().mapToLong(FileLayout::fileBytes).sum();
  }

  /// A hash (SHA-256, in hexadecimal digits) of all that the files hold besides the tensors'
  /// values: metadata, names, types, places.
  public String fingerprint() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (OutputStream out =
          new BufferedOutputStream(
              new DigestOutputStream(OutputStream.nullOutputStream(), digest), 1 << 16)) {
        for (FileLayout layout : layouts) {
          layout.writeHeader(out);
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

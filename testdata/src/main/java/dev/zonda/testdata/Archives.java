package dev.zonda.testdata;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.Zip64Mode;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipMethod;

/// Packs folders, and writes archives that no tool would.
public final class Archives {
  private static final int TAR_BLOCK = 512;

  private Archives() {}

  /// The forms that [#pack] knows: endings of archives, those of zip with the method before.
  public static List<String> forms() {
    return List.of("tar", "tar.gz", "tgz", "tar.zst", "stored.zip", "deflated.zip", "zstd.zip");
  }

  /// Packs the files of a folder.
  ///
  /// @param form one of [#forms]
  /// @param prefix before the names of the folder's files
  /// @param target without the form's ending
  public static Path pack(Path folder, String form, String prefix, Path target) throws IOException {
    Path archive = target.resolveSibling(target.getFileName() + "." + form);
    return switch (form) {
      case "stored.zip" -> zip(folder, prefix, ZipMethod.STORED, archive);
      case "deflated.zip" -> zip(folder, prefix, ZipMethod.DEFLATED, archive);
      case "zstd.zip" -> zip(folder, prefix, ZipMethod.ZSTD, archive);
      default -> tar(folder, prefix, archive);
    };
  }

  /// @param prefix before the names of the folder's files
  /// @param target is compressed as its name says
  public static Path tar(Path folder, String prefix, Path target) throws IOException {
    try (OutputStream out = compressing(target);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
      for (Path file : files(folder)) {
        TarArchiveEntry entry = new TarArchiveEntry(prefix + folder.relativize(file));
        entry.setSize(Files.size(file));
        tar.putArchiveEntry(entry);
        Files.copy(file, tar);
        tar.closeArchiveEntry();
      }
    }
    return target;
  }

  /// A stream into a file that is compressed as its name says.
  public static OutputStream compressing(Path target) throws IOException {
    OutputStream out = Files.newOutputStream(target);
    String name = target.toString();
    if (name.endsWith("gz")) {
      return new GZIPOutputStream(out);
    }
    return name.endsWith("zst") ? new ZstdOutputStream(out).setChecksum(true) : out;
  }

  /// @param method stored, deflated or Zstandard
  public static Path zip(Path folder, String prefix, ZipMethod method, Path target)
      throws IOException {
    return zip(folder, prefix, method, Zip64Mode.AsNeeded, target);
  }

  /// @param zip64 whether sizes are written with 64 bits where 32 would do
  public static Path zip(Path folder, String prefix, ZipMethod method, Zip64Mode zip64, Path target)
      throws IOException {
    try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(target)) {
      zip.setUseZip64(zip64);
      for (Path file : files(folder)) {
        ZipArchiveEntry entry = new ZipArchiveEntry(prefix + folder.relativize(file));
        entry.setMethod(method.getCode());
        byte[] content = Files.readAllBytes(file);
        if (method == ZipMethod.ZSTD) {
          putRaw(zip, entry, content, Zstd.compress(content));
        } else {
          zip.putArchiveEntry(entry);
          zip.write(content);
          zip.closeArchiveEntry();
        }
      }
    }
    return target;
  }

  private static void putRaw(
      ZipArchiveOutputStream zip, ZipArchiveEntry entry, byte[] content, byte[] compressed)
      throws IOException {
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setCrc(crc.getValue());
    entry.setSize(content.length);
    entry.setCompressedSize(compressed.length);
    zip.addRawArchiveEntry(entry, new ByteArrayInputStream(compressed));
  }

  /// A tar archive of empty files.
  public static Path tarOf(List<String> names, Path target) throws IOException {
    try (OutputStream out = compressing(target);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
      for (String name : names) {
        tar.putArchiveEntry(new TarArchiveEntry(name, true));
        tar.closeArchiveEntry();
      }
    }
    return target;
  }

  /// A tar archive of one entry that is not a regular file.
  ///
  /// @param kind of the entry, as tar marks it
  /// @param to what it leads to, if it does
  public static byte[] tarOfSpecial(String name, byte kind, String to) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
      TarArchiveEntry entry = new TarArchiveEntry(name, kind);
      entry.setLinkName(to);
      tar.putArchiveEntry(entry);
      tar.closeArchiveEntry();
    }
    return out.toByteArray();
  }

  /// A tar archive of files after an extended header (pax) that belongs to the first of them.
  ///
  /// @param records of the extended header
  /// @param size of the first file as its own header says it; the extended one overrides it
  public static byte[] tarOfPax(
      Map<String, String> records, long size, SequencedMap<String, byte[]> files) {
    ByteArrayOutputStream pax = new ByteArrayOutputStream();
    records.forEach((key, value) -> pax.writeBytes(paxRecord(key, value)));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    put(out, "PaxHeaders/0", TarConstants.LF_PAX_EXTENDED_HEADER_LC, pax.size(), pax.toByteArray());
    String first = files.firstEntry().getKey();
    files.forEach((name, content) ->
        put(
            out,
            name,
            TarConstants.LF_NORMAL,
            name.equals(first) ? size : content.length,
            content));
    out.writeBytes(new byte[2 * TAR_BLOCK]);
    return out.toByteArray();
  }

  /// A record begins with its length, which counts its own digits.
  private static byte[] paxRecord(String key, String value) {
    String rest = " " + key + "=" + value + "\n";
    int bytes = rest.getBytes(StandardCharsets.UTF_8).length;
    int length = bytes + 1;
    while (Integer.toString(length).length() + bytes > length) {
      length++;
    }
    return (length + rest).getBytes(StandardCharsets.UTF_8);
  }

  private static void put(
      ByteArrayOutputStream out, String name, byte kind, long size, byte[] content) {
    TarArchiveEntry entry = new TarArchiveEntry(name, kind);
    entry.setSize(size);
    byte[] header = new byte[TAR_BLOCK];
    entry.writeEntryHeader(header);
    out.writeBytes(header);
    out.writeBytes(Arrays.copyOf(content, Math.ceilDiv(content.length, TAR_BLOCK) * TAR_BLOCK));
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }
}

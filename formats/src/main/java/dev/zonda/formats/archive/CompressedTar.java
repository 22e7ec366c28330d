package dev.zonda.formats.archive;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.MappedFile;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A tar archive that is compressed as a whole. It is decoded once to find its files, and again as
/// they are read.
final class CompressedTar {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final List<String> WEIGHTS =
      List.of(
          ".safetensors",
          ".bin",
          ".pt",
          ".pth",
          ".gguf",
          ".onnx",
          ".onnx_data",
          ".h5",
          ".msgpack",
          ".ckpt");
  private static final String SAFETENSORS = ".safetensors";

  /// Bytes that are kept from the start of a file of weights, where a pickle usually is. Of a
  /// safetensors file, the header is kept instead.
  private static final long START_BYTES = 1 << 18;

  /// Bytes that are kept from the end of a file of weights, where the directory of a zip archive
  /// usually is.
  private static final long END_BYTES = 1 << 20;

  /// Tools write a few thousand zeros after an archive.
  private static final long MOST_BYTES_BEHIND = 64 << 20;

  private final MappedFile archive;
  private final Compression compression;
  private final KeptParts kept;
  private final Map<String, Place> places = new HashMap<>();

  private record Place(long at, long bytes) {}

  private CompressedTar(MappedFile archive, Compression compression, KeptParts kept) {
    this.archive = archive;
    this.compression = compression;
    this.kept = kept;
  }

  /// How a tar archive is compressed, if the file is one.
  static Optional<Compression> matches(MappedFile file) {
    Optional<Compression> compression = Compression.of(file.bytes());
    if (compression.isPresent()) {
      try (InputStream in = compression.get().open(file.bytes())) {
        byte[] first = in.readNBytes(TarEntries.BLOCK_BYTES);
        return compression.filter(_ -> TarEntries.matches(MemorySegment.ofArray(first)));
      } catch (IOException _) {
        // Its first bytes look like those of a compressed file by chance.
      }
    }
    return Optional.empty();
  }

  /// @param mostKept bytes of small files and headers that may be held in memory
  /// @throws FormatException if the archive is broken or its checksum does not match
  static Map<String, ArchiveEntry> read(
      MappedFile archive, Compression compression, BlockWindow window, long mostKept)
      throws IOException {
    CompressedTar tar = new CompressedTar(archive, compression, new KeptParts(mostKept));
    long size = tar.list();
    DecodedStream stream =
        new DecodedStream(
            archive.path(),
            () -> compression.open(archive.bytes()),
            size,
            window,
            compression.decoders(archive.bytes()));
    Map<String, ArchiveEntry> entries = new HashMap<>();
    tar.places.forEach((name, place) ->
        entries.put(
            name,
            path ->
                new DecodedFile(
                    path, stream, place.at(), place.bytes(), place.at(), tar.kept, () -> {})));
    return entries;
  }

  /// @return size of the decoded archive
  private long list() throws IOException {
    try (TarStream in = new TarStream(compression.open(archive.bytes()))) {
      TarEntries.read(archive.path(), in, this::take);
      in.startContent(0);
      long end = in.position();
      byte[] buffer = new byte[1 << 16];
      while (in.read(buffer, 0, buffer.length) > 0) {
        if (in.position() - end > MOST_BYTES_BEHIND) {
          throw new IOException(
              "more than %d bytes follow the end of the archive".formatted(MOST_BYTES_BEHIND));
        }
      }
      for (Map.Entry<String, Place> entry : places.entrySet()) {
        if (entry.getValue().bytes() > in.position() - entry.getValue().at()) {
          throw new IOException("'" + entry.getKey() + "' goes beyond the end of the archive");
        }
      }
      return in.position();
    } catch (FormatException e) {
      throw e;
    } catch (IOException e) {
      throw FormatException.in(archive.path(), "is broken: " + e.getMessage(), e);
    }
  }

  private void take(String name, long at, long bytes, InputStream content) throws IOException {
    places.put(name, new Place(at, bytes));
    boolean isWeights = WEIGHTS.stream().anyMatch(name::endsWith);
    if (!isWeights || bytes <= START_BYTES) {
      boolean _ = kept.keep(at, content, bytes);
      return;
    }
    if (name.endsWith(SAFETENSORS)) {
      keepHeader(at, bytes, content);
    } else if (kept.keep(at, content, START_BYTES) && bytes > START_BYTES + END_BYTES) {
      content.skipNBytes(bytes - START_BYTES - END_BYTES);
      boolean _ = kept.keep(at + bytes - END_BYTES, content, END_BYTES);
    }
  }

  private void keepHeader(long at, long bytes, InputStream content) throws IOException {
    if (kept.keep(at, content, Long.BYTES)) {
      long header = kept.find(at, Long.BYTES).orElseThrow().get(LONG, 0);
      if (header > 0 && header <= bytes - Long.BYTES) {
        boolean _ = kept.keep(at + Long.BYTES, content, header);
      }
    }
  }
}

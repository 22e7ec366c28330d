package dev.zonda.formats.io;

import dev.zonda.formats.FormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A file mapped read-only, whole, as long as it is open. Mapping costs address space, not memory.
public final class MappedFile implements AutoCloseable {
  private final Path path;
  private final Arena arena;
  private final MemorySegment bytes;

  private MappedFile(Path path, Arena arena, MemorySegment bytes) {
    this.path = path;
    this.arena = arena;
    this.bytes = bytes;
  }

  /// @throws NoSuchFileException if there is no such file
  /// @throws FormatException if it is a folder, a device or the like
  public static MappedFile open(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    if (!Files.isRegularFile(path)) {
      throw FormatException.in(
          path, Files.isDirectory(path) ? "is a folder, expected a file" : "is no ordinary file");
    }
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment bytes =
          channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena).asReadOnly();
      return new MappedFile(path, arena, bytes);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  public Path path() {
    return path;
  }

  public long size() {
    return bytes.byteSize();
  }

  /// All bytes; they die with [#close].
  public MemorySegment bytes() {
    return bytes;
  }

  /// A cursor at the start of the file.
  ///
  /// @param limit number of bytes that the cursor may go through at most
  public ByteCursor cursor(long limit) {
    return new ByteCursor(path, bytes, limit);
  }

  /// A second close does nothing, so that owners need not keep count.
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}

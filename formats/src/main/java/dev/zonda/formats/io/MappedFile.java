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
import java.util.Optional;

/// A file mapped read-only, whole, as long as it is open. Mapping costs address space, not memory.
public final class MappedFile implements InputFile {
  private final Path path;
  private final MemorySegment bytes;

  /// Empty for a part, which its owner closes.
  private final Optional<Arena> arena;

  private MappedFile(Path path, MemorySegment bytes, Optional<Arena> arena) {
    this.path = path;
    this.bytes = bytes;
    this.arena = arena;
  }

  /// @throws NoSuchFileException if there is no such file
  /// @throws FormatException if it is a folder, a device or the like, or a Git LFS pointer
  public static MappedFile open(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    if (!Files.isRegularFile(path)) {
      throw FormatException.in(
          path, Files.isDirectory(path) ? "is a folder, expected a file" : "is not a regular file");
    }
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment bytes =
          channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena).asReadOnly();
      MappedFile file = new MappedFile(path, bytes, Optional.of(arena));
      LfsPointer.refuse(file);
      return file;
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /// A part of this file as a file of its own, which dies with this one.
  ///
  /// @param partPath what to call it in messages
  /// @throws IndexOutOfBoundsException if it does not lie within this file
  public MappedFile part(Path partPath, long offset, long length) {
    return new MappedFile(partPath, bytes.asSlice(offset, length), Optional.empty());
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public long size() {
    return bytes.byteSize();
  }

  /// All bytes; they die with [#close].
  public MemorySegment bytes() {
    return bytes;
  }

  @Override
  public MemorySegment read(long offset, long length, MemorySegment scratch) {
    return bytes.asSlice(offset, length);
  }

  @Override
  public MemorySegment bytes(long offset, long length) {
    return bytes.asSlice(offset, length);
  }

  /// A cursor at the start of the file.
  ///
  /// @param limit the most bytes that the cursor may read
  public ByteCursor cursor(long limit) {
    return new ByteCursor(path, bytes, limit);
  }

  /// A second close does nothing, so that owners need not keep count.
  @Override
  public void close() {
    if (arena.isPresent() && arena.get().scope().isAlive()) {
      arena.get().close();
    }
  }
}

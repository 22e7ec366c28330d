package dev.zonda.formats.journal;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OutputRefusedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/// A file that one process at a time has open. The lock ends with the process, however that ends.
///
/// A second channel to the file must not be opened: closing it would end the lock, on most systems.
final class LockedFile implements AutoCloseable {
  private final Path path;
  private final Path output;
  private final FileChannel channel;
  private final boolean isNew;
  private final Thread remover;

  private LockedFile(Path path, Path output, FileChannel channel, boolean isNew) {
    this.path = path;
    this.output = output;
    this.channel = channel;
    this.isNew = isNew;
    this.remover = Thread.ofPlatform().name("remove " + path).unstarted(this::removeQuietly);
  }

  /// @param output what the lock is for, for messages
  /// @throws OutputRefusedException if another process has the file open
  static LockedFile open(Path path, Path output) throws IOException {
    Optional<Object> before = identity(path);
    FileChannel channel = openChannel(path, output);
    try {
      Optional<Object> opened = identity(path);
      // Between the two checks, another process may have removed the file, and a third created it
      // again.
      if (isTaken(channel)
          || (before.isPresent() && !before.equals(opened))
          || !opened.equals(identity(path))) {
        throw new OutputRefusedException(
            "another run is writing " + output + ": wait until it ends");
      }
      return new LockedFile(path, output, channel, before.isEmpty());
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static FileChannel openChannel(Path path, Path output) throws IOException {
    try {
      return FileChannel.open(
          path,
          StandardOpenOption.CREATE,
          StandardOpenOption.READ,
          StandardOpenOption.WRITE,
          LinkOption.NOFOLLOW_LINKS);
    } catch (AccessDeniedException e) {
      throw named(new AccessDeniedException(output.toString()), e);
    } catch (FileSystemException e) {
      throw named(new FileSystemException(output.toString(), null, AtomicFile.reason(e)), e);
    }
  }

  private static FileSystemException named(FileSystemException named, IOException cause) {
    named.initCause(cause);
    return named;
  }

  private static boolean isTaken(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() == null;
    } catch (OverlappingFileLockException e) {
      return true;
    } catch (ClosedChannelException e) {
      throw e;
    } catch (IOException e) {
      // Some network file systems have no locks: there the user must not start two runs at once.
      return false;
    }
  }

  private static Optional<Object> identity(Path path) {
    try {
      return Optional.ofNullable(
          Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
              .fileKey());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  Path path() {
    return path;
  }

  FileChannel channel() {
    return channel;
  }

  /// Whether the file was not there before.
  boolean isNew() {
    return isNew;
  }

  /// @return the number of bytes
  int write(ByteBuffer bytes, long position) throws IOException {
    int count = bytes.remaining();
    try {
      for (long at = position; bytes.hasRemaining(); ) {
        at += channel.write(bytes, at);
      }
    } catch (ClosedChannelException e) {
      throw e;
    } catch (IOException e) {
      throw named(new FileSystemException(output.toString(), null, e.getMessage()), e);
    }
    return count;
  }

  /// Makes sure that the file is removed if the process ends before it is closed.
  void removeAtExit() throws IOException {
    try {
      Runtime.getRuntime().addShutdownHook(remover);
    } catch (IllegalStateException e) {
      throw new IOException("the process is ending", e);
    }
  }

  void remove() throws IOException {
    Files.deleteIfExists(path);
  }

  private void removeQuietly() {
    try {
      remove();
    } catch (IOException ignored) {
      // The process is ending: nobody is left to tell.
      return;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    try {
      boolean _ = Runtime.getRuntime().removeShutdownHook(remover);
    } catch (IllegalStateException e) {
      // The process is ending: the remover runs already and finds nothing to remove.
      return;
    }
  }
}

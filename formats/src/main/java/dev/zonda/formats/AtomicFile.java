package dev.zonda.formats;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/// A file that appears whole or not at all.
///
/// The bytes go to a temporary file in the target's folder; [#commit] puts them on the disk and
/// then gives the file its name. Without a commit, [#close] removes them, and so does the end of
/// the process, unless it is killed outright or they are to be kept.
public final class AtomicFile implements AutoCloseable {
  /// What even a slow disk writes in a fraction of a second.
  private static final long SLICE_BYTES = 32L << 20;

  private final Path target;
  private final Path folder;
  private final Path temporary;
  private final OutputPolicy policy;
  private final FileChannel channel;
  private final Thread cleaner;
  private boolean sealed;
  private boolean finished;

  private AtomicFile(Path target, Path temporary, OutputPolicy policy, FileChannel channel) {
    this.target = target;
    this.folder = folder(target);
    this.temporary = temporary;
    this.policy = policy;
    this.channel = channel;
    this.cleaner = Thread.ofPlatform().name("remove " + temporary).unstarted(this::removeTemporary);
  }

  /// Starts a file. Where the name is a symbolic link, the file that it leads to is replaced, and
  /// the link stays.
  ///
  /// @throws FileAlreadyExistsException if the target exists and must not be replaced
  /// @throws FileSystemException if the target is a folder, a device or the like, or a link to one
  ///   or to nothing
  /// @throws NotDirectoryException if the target's folder is missing
  public static AtomicFile create(Path named, OverwritePolicy policy) throws IOException {
    Path target = OutputPlace.of(named);
    requireCreatable(target, policy);
    Path temporary =
        folder(target)
            .resolve(
                ".zonda-"
                    + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong())
                    + ".tmp");
    FileChannel channel = open(target, temporary, StandardOpenOption.CREATE_NEW);
    return cleaned(
        new AtomicFile(target, temporary, new OutputPolicy(policy, PartialWork.REMOVE), channel));
  }

  /// Starts or resumes a file under a temporary name that a later run finds again. To be used under
  /// the lock of a [dev.zonda.formats.journal.Journal], which decides whether the work of an
  /// earlier run counts.
  ///
  /// @param target as [OutputPlace#of] gives it
  public static AtomicFile partial(Path target, OutputPolicy policy) throws IOException {
    Path temporary = partialPath(target);
    FileChannel channel = open(target, temporary, StandardOpenOption.CREATE);
    AtomicFile file = new AtomicFile(target, temporary, policy, channel);
    return policy.partial().isKept() ? file : cleaned(file);
  }

  /// The temporary name of [#partial].
  public static Path partialPath(Path target) {
    return target.resolveSibling(target.getFileName() + ".partial");
  }

  /// To the user, the file that cannot be created is the target. Links are not followed: in a
  /// shared folder, another user could have made one.
  private static FileChannel open(Path target, Path temporary, StandardOpenOption creation)
      throws IOException {
    try {
      return FileChannel.open(
          temporary,
          creation,
          StandardOpenOption.READ,
          StandardOpenOption.WRITE,
          LinkOption.NOFOLLOW_LINKS);
    } catch (AccessDeniedException e) {
      throw caused(new AccessDeniedException(target.toString()), e);
    } catch (FileSystemException e) {
      throw caused(new FileSystemException(target.toString(), null, reason(e)), e);
    }
  }

  /// What the system says; for some failures only the kind of the exception tells.
  public static String reason(FileSystemException e) {
    return Optional.ofNullable(e.getReason()).orElse("cannot be created");
  }

  private static AtomicFile cleaned(AtomicFile file) throws IOException {
    try {
      Runtime.getRuntime().addShutdownHook(file.cleaner);
      return file;
    } catch (IllegalStateException e) {
      file.close();
      throw new IOException("the process is ending", e);
    }
  }

  /// Fails as [#create] would, and creates nothing: for many files that are to be started one after
  /// the other.
  public static void requireCreatable(Path named, OverwritePolicy policy) throws IOException {
    Path target = OutputPlace.of(named);
    if (!Files.isDirectory(folder(target))) {
      throw new NotDirectoryException(
          Optional.ofNullable(target.getParent()).orElse(folder(target)).toString());
    }
    refuseExisting(target, policy);
  }

  private static Path folder(Path target) {
    return Optional.ofNullable(target.toAbsolutePath().getParent()).orElse(target);
  }

  /// The file that will appear.
  public Path target() {
    return target;
  }

  /// The file as it comes to be.
  public FileChannel channel() {
    return channel;
  }

  /// Writes a small file at once.
  public static void write(Path target, byte[] bytes, OverwritePolicy policy) throws IOException {
    try (AtomicFile file = create(target, policy)) {
      file.write(ByteBuffer.wrap(bytes), 0);
      file.commit();
    }
  }

  /// Writes all of the bytes from a position on; from many threads, if need be.
  public void write(ByteBuffer bytes, long position) throws IOException {
    try {
      for (long at = position; bytes.hasRemaining(); ) {
        at += channel.write(bytes, at);
      }
    } catch (ClosedChannelException e) {
      throw e;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /// Writes bytes one after the other.
  @FunctionalInterface
  public interface Content {
    void into(OutputStream out) throws IOException;
  }

  /// Writes from the file's beginning on.
  public void write(Content content) throws IOException {
    // Not closed: that would close the channel.
    OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
    try {
      content.into(out);
      out.flush();
    } catch (ClosedChannelException e) {
      throw e;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /// Forces the bytes to the disk. Nothing can be written any more, and the file lacks only its
  /// name.
  public void seal() throws IOException {
    try {
      forceSlices();
      channel.force(true);
    } catch (ClosedChannelException e) {
      throw e;
    } catch (UncheckedIOException e) {
      throw failed(e.getCause());
    } catch (IOException e) {
      throw failed(e);
    }
    channel.close();
    sealed = true;
  }

  /// A process that waits for the disk cannot be stopped, not even killed, and gigabytes may wait
  /// to be written. So the file is forced to the disk piece by piece: forcing a mapping covers its
  /// bytes only, even if they were not written through it.
  private void forceSlices() throws ClosedByInterruptException, IOException {
    long size = channel.size();
    for (long from = 0; from < size; from += SLICE_BYTES) {
      if (Thread.currentThread().isInterrupted()) {
        throw new ClosedByInterruptException();
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment slice;
        try {
          slice =
              channel.map(
                  FileChannel.MapMode.READ_WRITE, from, Math.min(SLICE_BYTES, size - from), arena);
        } catch (ClosedChannelException e) {
          throw e;
        } catch (IOException e) {
          // Not every file system allows files to be mapped for writing.
          return;
        }
        slice.force();
      }
    }
  }

  /// Gives the file its name, after its bytes were forced to the disk.
  ///
  /// @throws FileAlreadyExistsException if the target has appeared meanwhile and must not be
  ///   replaced
  public void commit() throws IOException {
    if (!sealed) {
      seal();
    }
    switch (policy.existing()) {
      case REPLACE -> Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      case FAIL -> nameWithoutReplacing();
    }
    forceFolder();
    finished = true;
    forgetCleaner();
  }

  /// Takes the name back, as if there had been no [#commit].
  public void withdraw() throws IOException {
    if (finished) {
      Files.move(target, temporary, StandardCopyOption.ATOMIC_MOVE);
      finished = false;
    }
  }

  /// What the system says of a failed operation does not name the file: `No space left on device`.
  private FileSystemException failed(IOException e) {
    return caused(new FileSystemException(target.toString(), null, e.getMessage()), e);
  }

  private static FileSystemException caused(FileSystemException named, IOException cause) {
    named.initCause(cause);
    return named;
  }

  @Override
  public void close() throws IOException {
    if (finished) {
      return;
    }
    finished = true;
    try {
      channel.close();
    } finally {
      if (!policy.partial().isKept()) {
        Files.deleteIfExists(temporary);
      }
      forgetCleaner();
    }
  }

  private static void refuseExisting(Path target, OverwritePolicy policy)
      throws FileSystemException {
    if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (Files.isDirectory(target)) {
      throw new FileSystemException(target.toString(), null, "is a folder, expected a file's name");
    }
    if (Files.exists(target) && !Files.isRegularFile(target)) {
      throw new FileSystemException(target.toString(), null, "is not a regular file");
    }
    if (policy == OverwritePolicy.FAIL) {
      throw new FileAlreadyExistsException(target.toString(), null, "exists already");
    }
  }

  /// A rename replaces silently what has appeared since the check; a second name for the file does
  /// not. Not every file system has second names.
  private void nameWithoutReplacing() throws IOException {
    try {
      Files.createLink(target, temporary);
      Files.delete(temporary);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isSameFile(target, temporary)) {
        throw e;
      }
      // An earlier run came this far and no further.
      Files.delete(temporary);
    } catch (UnsupportedOperationException | FileSystemException e) {
      refuseExisting(target, policy.existing());
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /// Makes the new name survive a power cut. Some systems cannot open a folder; the file itself is
  /// whole and named there too, only perhaps not yet on the disk.
  private void forceFolder() {
    try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
      directory.force(true);
    } catch (IOException ignored) {
      return;
    }
  }

  private void removeTemporary() {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException ignored) {
      // The process is ending: nobody is left to tell.
      return;
    }
  }

  private void forgetCleaner() {
    try {
      Runtime.getRuntime().removeShutdownHook(cleaner);
    } catch (IllegalStateException e) {
      // The process is ending: the cleaner runs already and finds nothing to remove.
      return;
    }
  }
}

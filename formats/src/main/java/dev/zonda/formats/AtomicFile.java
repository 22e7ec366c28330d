package dev.zonda.formats;

import java.io.IOException;
import java.nio.channels.FileChannel;
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
/// the process, unless it is killed outright.
public final class AtomicFile implements AutoCloseable {
  private final Path target;
  private final Path folder;
  private final Path temporary;
  private final OverwritePolicy policy;
  private final FileChannel channel;
  private final Thread cleaner;
  private boolean sealed;
  private boolean finished;

  private AtomicFile(
      Path target, Path folder, Path temporary, OverwritePolicy policy, FileChannel channel) {
    this.target = target;
    this.folder = folder;
    this.temporary = temporary;
    this.policy = policy;
    this.channel = channel;
    this.cleaner = Thread.ofPlatform().name("remove " + temporary).unstarted(this::removeTemporary);
  }

  /// Starts a file. A symbolic link counts as the file that it is: it is replaced, not followed.
  ///
  /// @throws FileAlreadyExistsException if the target is there and must not be replaced
  /// @throws FileSystemException if the target is a folder, a device or the like
  /// @throws NotDirectoryException if the target's folder is missing
  public static AtomicFile create(Path target, OverwritePolicy policy) throws IOException {
    requireCreatable(target, policy);
    Path folder = folder(target);
    Path temporary =
        folder.resolve(
            ".zonda-"
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong())
                + ".tmp");
    FileChannel channel =
        FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    AtomicFile file = new AtomicFile(target, folder, temporary, policy, channel);
    try {
      Runtime.getRuntime().addShutdownHook(file.cleaner);
    } catch (IllegalStateException e) {
      file.close();
      throw new IOException("the process is ending", e);
    }
    return file;
  }

  /// Fails as [#create] would, and creates nothing: for many files that are to be started one after
  /// the other.
  public static void requireCreatable(Path target, OverwritePolicy policy) throws IOException {
    if (!Files.isDirectory(folder(target))) {
      throw new NotDirectoryException(folder(target).toString());
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

  /// Where to write; positional writes may come from many threads.
  public FileChannel channel() {
    return channel;
  }

  /// Forces the bytes to the disk. Nothing can be written any more, and the file lacks only its
  /// name.
  public void seal() throws IOException {
    channel.force(true);
    channel.close();
    sealed = true;
  }

  /// Gives the file its name, after its bytes were forced to the disk.
  ///
  /// @throws FileAlreadyExistsException if the target has appeared meanwhile and must not be
  ///   replaced
  public void commit() throws IOException {
    if (!sealed) {
      seal();
    }
    switch (policy) {
      case REPLACE -> Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      case FAIL -> nameWithoutReplacing();
    }
    forceFolder();
    finished = true;
    forgetCleaner();
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
      Files.deleteIfExists(temporary);
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
      throw new FileSystemException(target.toString(), null, "is no ordinary file");
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
      throw e;
    } catch (UnsupportedOperationException | FileSystemException e) {
      refuseExisting(target, policy);
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

package dev.zonda.formats.journal;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OutputPolicy;
import dev.zonda.formats.OutputRefusedException;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.PartialWork;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A small file next to an output that is being written. It keeps other runs away, and tells a
/// later run which bytes are there if this one does not finish.
///
/// The file only grows: first which run writes what, then a record for each range of bytes once it
/// is written, each with a checksum. Nothing is forced to the disk before the output is: after a
/// power cut the checksums tell what has arrived.
public final class Journal implements AutoCloseable {
  private final LockedFile file;
  private final PartialWork partial;
  private final Optional<JournalContent> earlier;

  /// Where the next record goes. Guarded by this.
  private long end;

  private boolean finished;

  private Journal(LockedFile file, PartialWork partial, Optional<JournalContent> earlier) {
    this.file = file;
    this.partial = partial;
    this.earlier = earlier;
  }

  /// Where the journal of an output lies.
  ///
  /// @param output the file, or the first of several
  public static Path path(Path output) {
    return output.resolveSibling(output.getFileName() + ".journal");
  }

  /// Takes possession of an output that is to be written. What an earlier run has left is resumed,
  /// removed or left alone, as the policy says.
  ///
  /// @param outputs all files
  /// @throws OutputRefusedException if another run is writing the output, or if an earlier run has
  ///   left it incomplete and the policy leaves that alone or that run had other inputs
  public static Journal open(List<Path> outputs, OutputPolicy policy, RunIdentity identity)
      throws IOException {
    Path output = outputs.getFirst();
    LockedFile file = LockedFile.open(path(output), output);
    try {
      boolean resumes = policy.partial() == PartialWork.RESUME;
      if (!resumes && policy.existing() == OverwritePolicy.FAIL) {
        requireNothingLeft(file, outputs);
      }
      Optional<JournalContent> earlier =
          resumes
              ? usable(JournalContent.read(file.channel()), output, identity)
              : Optional.empty();
      Journal journal = new Journal(file, policy.partial(), earlier);
      journal.begin(outputs, identity);
      return journal;
    } catch (IOException | RuntimeException e) {
      if (file.isNew()) {
        file.remove();
      }
      file.close();
      throw e;
    }
  }

  private static void requireNothingLeft(LockedFile file, List<Path> outputs) throws IOException {
    for (Path output : outputs) {
      Path left = AtomicFile.partialPath(output);
      if (Files.exists(left, LinkOption.NOFOLLOW_LINKS)) {
        throw new OutputRefusedException(
            left
                + " exists, left by a run that did not finish: resume it with --resume, or start over"
                + " with --force");
      }
    }
    if (file.channel().size() > 0) {
      throw new OutputRefusedException(
          file.path()
              + " exists, left by a run that did not finish: resume it with --resume, or start over"
              + " with --force");
    }
  }

  private static Optional<JournalContent> usable(
      JournalContent content, Path output, RunIdentity identity) throws OutputRefusedException {
    if (content.identity().isEmpty()) {
      return Optional.empty();
    }
    Optional<String> difference = content.identity().get().difference(identity);
    if (difference.isPresent()) {
      throw new OutputRefusedException(
          "%s cannot be resumed (%s): restore what has changed, or start over with --force instead of --resume"
              .formatted(AtomicFile.partialPath(output), difference.get()));
    }
    return Optional.of(content);
  }

  private synchronized void begin(List<Path> outputs, RunIdentity identity) throws IOException {
    FileChannel channel = file.channel();
    if (earlier.isPresent()) {
      end = earlier.get().intactBytes();
      channel.truncate(end);
      return;
    }
    channel.truncate(0);
    for (Path output : outputs) {
      Files.deleteIfExists(AtomicFile.partialPath(output));
    }
    end = file.write(ByteBuffer.wrap(JournalContent.MAGIC), 0);
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(payload)) {
      out.writeByte(JournalContent.IDENTITY);
      identity.writeTo(out);
    }
    append(payload.toByteArray());
    if (partial == PartialWork.REMOVE) {
      file.removeAtExit();
    }
  }

  /// Whether there is an earlier run's work to resume.
  public boolean isResumed() {
    return earlier.isPresent();
  }

  /// What an earlier run has written according to the journal; the files are not yet checked.
  public List<WrittenRange> earlierRanges() {
    return earlier.map(JournalContent::written).orElse(List.of());
  }

  /// Whether an earlier run had all bytes on the disk, and perhaps named some of its files.
  public boolean wasSealed() {
    return earlier.map(JournalContent::isSealed).orElse(false);
  }

  /// Notes that bytes were written.
  public void written(WrittenRange range) throws IOException {
    append(
        ByteBuffer.allocate(1 + WrittenRange.ENCODED_BYTES)
            .put(JournalContent.WRITTEN)
            .putInt(range.tensor())
            .putLong(range.offset())
            .putLong(range.bytes())
            .putInt(range.checksum())
            .array());
  }

  /// Notes that all bytes are on the disk, and that the files are about to be named.
  public void sealed() throws IOException {
    append(new byte[] {JournalContent.SEALED});
    file.channel().force(true);
  }

  private synchronized void append(byte[] payload) throws IOException {
    ByteBuffer entry =
        ByteBuffer.allocate(JournalContent.RECORD_HEADER_BYTES + payload.length)
            .putInt(payload.length)
            .putInt(JournalContent.checksum(payload))
            .put(payload)
            .flip();
    end += file.write(entry, end);
  }

  /// The output is complete and has its name: the journal is no longer needed.
  public void finish() throws IOException {
    finished = true;
    file.remove();
    file.close();
  }

  /// Nothing was started: the journal is left as it was.
  public void abandon() throws IOException {
    if (earlier.isEmpty()) {
      file.remove();
    }
    finished = true;
    file.close();
  }

  /// Without a [#finish] before, the journal stays for a later run, unless partial work is to be
  /// removed.
  @Override
  public void close() throws IOException {
    if (!finished && partial == PartialWork.REMOVE) {
      file.remove();
    }
    finished = true;
    file.close();
  }
}

package dev.zonda.formats.output;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OutputPolicy;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.journal.WrittenRange;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/// One of the files of a [FileSetWriter]: created when its first byte comes, and sealed after its
/// last.
final class FileSetPart {
  private final Path target;
  private final FileLayout layout;
  private final OutputPolicy policy;
  private Coverage coverage;
  private Optional<TensorFile> writer = Optional.empty();
  private boolean sealed;

  /// Whether an earlier run has given the file its name.
  private boolean named;

  FileSetPart(Path target, FileLayout layout, OutputPolicy policy) {
    this.target = target;
    this.layout = layout;
    this.policy = policy;
    this.coverage = Coverage.none(layout.tensors());
  }

  int tensorCount() {
    return layout.tensors().size();
  }

  /// Checks what an earlier run has left.
  ///
  /// @param ranges of this file's tensors
  /// @param firstTensor number of this file's first tensor among those of all files
  /// @param wasSealed whether that run may have named the file
  /// @return the number of bytes that are there
  long verify(List<WrittenRange> ranges, int firstTensor, boolean wasSealed, LongConsumer progress)
      throws IOException {
    Path partial = AtomicFile.partialPath(target);
    boolean isPartial = Files.isRegularFile(partial, LinkOption.NOFOLLOW_LINKS);
    boolean mayBeNamed =
        !isPartial && wasSealed && Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS);
    if (isPartial || mayBeNamed) {
      try (RangeReader file = RangeReader.open(isPartial ? partial : target)) {
        for (WrittenRange range : ranges) {
          TensorInfo tensor = layout.tensors().get(range.tensor() - firstTensor);
          if (file.hasChecksum(tensor.offset() + range.offset(), range.bytes(), range.checksum())) {
            coverage.addLeft(tensor, range.offset(), range.bytes());
          }
          progress.accept(range.bytes());
        }
        named =
            mayBeNamed
                && isWhole()
                && file.size() == layout.fileBytes()
                && file.startsWith(layout::writeHeader);
      }
      if (mayBeNamed && !named) {
        // The file is not from that run.
        coverage = Coverage.none(layout.tensors());
      }
    }
    // A run that is killed between giving the new name and removing the old leaves both.
    boolean isOneFile = isPartial && Files.exists(target) && Files.isSameFile(partial, target);
    if (!named && !isOneFile) {
      AtomicFile.requireCreatable(target, policy.existing());
    }
    return layout.tensors().stream().mapToLong(TensorInfo::bytes).sum() - coverage.missingBytes();
  }

  boolean has(TensorInfo tensor, long offset, long bytes) {
    return coverage.isLeft(tensor, offset, bytes);
  }

  int write(TensorInfo tensor, long offset, MemorySegment bytes) throws IOException {
    return writer().write(tensor, offset, bytes);
  }

  void sealIfWhole() throws IOException {
    if (isWhole()) {
      seal();
    }
  }

  private boolean isWhole() {
    return coverage.missingBytes() == 0;
  }

  private synchronized TensorFile writer() throws IOException {
    if (writer.isEmpty()) {
      writer = Optional.of(TensorFile.partial(target, layout, policy, coverage));
    }
    return writer.get();
  }

  synchronized void seal() throws IOException {
    if (!sealed && !named) {
      writer().seal();
      sealed = true;
    }
  }

  void removeOld() throws IOException {
    if (!named) {
      Files.deleteIfExists(target);
    }
  }

  void commit() throws IOException {
    if (!named) {
      writer().commit();
    }
  }

  void withdraw() throws IOException {
    if (!named) {
      writer().withdraw();
    }
  }

  synchronized void close() throws IOException {
    if (writer.isPresent()) {
      writer.get().close();
    }
  }
}

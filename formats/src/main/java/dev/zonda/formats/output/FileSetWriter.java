package dev.zonda.formats.output;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OutputPlace;
import dev.zonda.formats.OutputPolicy;
import dev.zonda.formats.OutputRefusedException;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.PartialWork;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.journal.Journal;
import dev.zonda.formats.journal.RunIdentity;
import dev.zonda.formats.journal.WrittenRange;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/// Writes the files of a [FileSet], which appear all together or not at all.
///
/// Tensors can be written in any order and from many threads. A file is open only from its first
/// byte to its last, so that there can be more of them than the system lets a process open.
///
/// Meanwhile the files have the ending `.partial`, and a [Journal] lies next to the first. If the
/// run is killed, a later one can resume: call [#verify], then write what the writer lacks.
public final class FileSetWriter implements AutoCloseable {
  private final OutputPolicy policy;
  private final Journal journal;
  private final List<FileSetPart> parts = new ArrayList<>();
  private final Map<String, Place> places = new HashMap<>();

  /// Where a tensor lies.
  ///
  /// @param index among the tensors of all files
  private record Place(FileSetPart part, int index) {}

  private FileSetWriter(List<Path> files, FileSet set, OutputPolicy policy, Journal journal) {
    this.policy = policy;
    this.journal = journal;
    for (int i = 0; i < files.size(); i++) {
      FileLayout layout = set.layouts().get(i);
      FileSetPart part = new FileSetPart(files.get(i), layout, policy);
      parts.add(part);
      for (TensorInfo tensor : layout.tensors()) {
        places.put(tensor.name(), new Place(part, places.size()));
      }
    }
  }

  /// Makes sure that all files can be created, and creates none yet.
  ///
  /// @param names one for each file of the set; where a name is a link, the file that it leads to
  ///   is written
  /// @param identity what determines the files, besides the layouts
  /// @throws IllegalArgumentException if there are not as many names as files
  /// @throws FileAlreadyExistsException if one of the files exists and must not be replaced
  /// @throws OutputRefusedException if another run is writing the files, or has left them
  ///   incomplete and the policy does not say what to do with that
  public static FileSetWriter create(
      List<Path> names, FileSet set, OutputPolicy policy, RunIdentity identity) throws IOException {
    if (names.size() != set.layouts().size()) {
      throw new IllegalArgumentException(
          "%d names for %d files".formatted(names.size(), set.layouts().size()));
    }
    List<Path> files = places(names);
    boolean resumes = policy.partial() == PartialWork.RESUME;
    for (Path file : files) {
      // Files that an earlier run has named are not an obstacle: they are checked once that is
      // known.
      AtomicFile.requireCreatable(file, resumes ? OverwritePolicy.REPLACE : policy.existing());
    }
    Journal journal =
        Journal.open(files, policy, identity.with("metadata and layout", set.fingerprint()));
    FileSetWriter writer = new FileSetWriter(files, set, policy, journal);
    try {
      for (Path file : files) {
        if (!journal.wasSealed()) {
          AtomicFile.requireCreatable(file, policy.existing());
        }
      }
      return writer;
    } catch (IOException | RuntimeException e) {
      journal.abandon();
      throw e;
    }
  }

  /// All files that a run uses while it works and that are gone when it has ended.
  public static List<Path> workingFiles(List<Path> names) throws IOException {
    List<Path> files = places(names);
    return Stream.concat(
            Stream.of(Journal.path(files.getFirst())), files.stream().map(AtomicFile::partialPath))
        .toList();
  }

  private static List<Path> places(List<Path> names) throws IOException {
    List<Path> places = new ArrayList<>(names.size());
    for (Path name : names) {
      places.add(OutputPlace.of(name));
    }
    return places;
  }

  /// Whether an earlier run is resumed. If so, [#verify] must be called.
  public boolean isResumed() {
    return journal.isResumed();
  }

  /// How many bytes [#verify] will read, at most.
  public long earlierBytes() {
    return journal.earlierRanges().stream().mapToLong(WrittenRange::bytes).sum();
  }

  /// Reads what an earlier run has left, and keeps what it finds intact.
  ///
  /// @param progress is told of bytes
  /// @return the number of bytes that are there
  /// @throws FileAlreadyExistsException if one of the files exists, is not from that run and must
  ///   not be replaced
  public long verify(LongConsumer progress) throws IOException {
    Map<FileSetPart, List<WrittenRange>> ranges = new HashMap<>();
    List<Place> byIndex = new ArrayList<>(places.values());
    byIndex.sort((a, b) -> Integer.compare(a.index(), b.index()));
    for (WrittenRange range : journal.earlierRanges()) {
      if (range.tensor() >= 0 && range.tensor() < byIndex.size()) {
        ranges
            .computeIfAbsent(byIndex.get(range.tensor()).part(), _ -> new ArrayList<>())
            .add(range);
      }
    }
    int firstTensor = 0;
    long found = 0;
    for (FileSetPart part : parts) {
      found +=
          part.verify(
              ranges.getOrDefault(part, List.of()), firstTensor, journal.wasSealed(), progress);
      firstTensor += part.tensorCount();
    }
    return found;
  }

  /// Writes some of a tensor's bytes, little endian. Each byte is to be written once.
  ///
  /// @param tensor one of the set
  /// @throws IllegalArgumentException if the tensor is not of the set or the bytes are not all
  ///   within it
  public void write(TensorInfo tensor, long offsetInTensor, MemorySegment bytes)
      throws IOException {
    Place place = place(tensor);
    int checksum = place.part().write(tensor, offsetInTensor, bytes);
    journal.written(new WrittenRange(place.index(), offsetInTensor, bytes.byteSize(), checksum));
    if (parts.size() > 1) {
      place.part().sealIfWhole();
    }
  }

  /// Whether an earlier run has left all of these bytes, and they were verified.
  ///
  /// @param tensor one of the set
  public boolean has(TensorInfo tensor, long offsetInTensor, long bytes) {
    return place(tensor).part().has(tensor, offsetInTensor, bytes);
  }

  private Place place(TensorInfo tensor) {
    Place place = places.get(tensor.name());
    if (place == null) {
      throw new IllegalArgumentException("'" + tensor.name() + "' is not a tensor of these files");
    }
    return place;
  }

  /// Puts the files on the disk and gives them their names: the first one last, because the others
  /// do not look like a model without it.
  ///
  /// @throws IllegalStateException if a tensor was not written whole
  public void commit() throws IOException {
    for (FileSetPart part : parts) {
      part.seal();
    }
    journal.sealed();
    if (policy.existing() == OverwritePolicy.REPLACE && parts.size() > 1) {
      // Old and new files must never look like one model.
      parts.getFirst().removeOld();
    }
    List<FileSetPart> named = new ArrayList<>(parts.size());
    try {
      for (FileSetPart part : parts.reversed()) {
        part.commit();
        named.add(part);
      }
    } catch (IOException | RuntimeException e) {
      for (FileSetPart part : named) {
        try {
          part.withdraw();
        } catch (IOException suppressed) {
          e.addSuppressed(suppressed);
        }
      }
      throw e;
    }
    journal.finish();
  }

  /// Without a [#commit] before, nothing remains except what the policy keeps.
  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (FileSetPart part : parts) {
      try {
        part.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    journal.close();
    if (failure != null) {
      throw failure;
    }
  }
}

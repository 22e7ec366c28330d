package dev.zonda.quantize.imatrix;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.io.MappedFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.TreeMap;

/// What an importance matrix is made of, before anything is divided: sums of squares of activations
/// and how many went into them. Sums of several runs can be added up. Immutable.
///
/// @param entries by tensor name, in order of names
/// @param datasets the texts that were measured, in order
/// @param chunkSize tokens per chunk
public record ActivationSums(
    SequencedMap<String, Entry> entries, List<String> datasets, int chunkSize) {
  /// The default number of tokens per chunk.
  public static final int DEFAULT_CHUNK_SIZE = 512;

  /// The sums of one tensor.
  ///
  /// @param sums for each of its matrices, the sums of the columns' squares
  /// @param counts activations that went in: one number for each expert, or one for all matrices
  @SuppressWarnings("ArrayRecordComponent") // As large as a layer's activations; never compared.
  public record Entry(float[] sums, long[] counts) {
    public Entry {
      if (counts.length == 0 || sums.length % counts.length != 0) {
        throw new IllegalArgumentException(sums.length + " sums, " + counts.length + " counts");
      }
    }

    /// Sums that share a count.
    public int sumsPerCount() {
      return sums.length / counts.length;
    }

    /// Places of the counts that are zero: experts that were never chosen.
    public List<Integer> withoutData() {
      List<Integer> places = new ArrayList<>();
      for (int i = 0; i < counts.length; i++) {
        if (counts[i] == 0) {
          places.add(i);
        }
      }
      return places;
    }

    /// Columns that met only zeros, in the matrices that have data.
    ///
    /// @param tensor whose sums these are
    public List<ZeroColumns> zeroColumns(String tensor) {
      List<ZeroColumns> found = new ArrayList<>();
      for (int i = 0; i < counts.length; i++) {
        if (counts[i] > 0) {
          OptionalInt expert = counts.length > 1 ? OptionalInt.of(i) : OptionalInt.empty();
          ZeroColumns.find(tensor, expert, sums, i * sumsPerCount(), sumsPerCount())
              .ifPresent(found::add);
        }
      }
      return found;
    }

    long largestCount() {
      return Arrays.stream(counts).max().orElseThrow();
    }
  }

  public ActivationSums {
    if (chunkSize < 1) {
      throw new IllegalArgumentException("chunks of " + chunkSize + " tokens");
    }
    entries = Collections.unmodifiableSequencedMap(new TreeMap<>(entries));
    datasets = List.copyOf(datasets);
  }

  /// Reads a file of either format.
  ///
  /// @param chunkSize to assume, whatever the file says; the older format says nothing
  /// @throws FormatException if it is not an importance matrix, or has invalid sums
  public static ActivationSums read(Path file, OptionalInt chunkSize) throws IOException {
    try (MappedFile mapped = MappedFile.open(file)) {
      ActivationSums found =
          GgufImatrix.isGguf(mapped)
              ? GgufImatrix.sums(file, chunkSize)
              : LegacyImatrix.sums(mapped, chunkSize.orElse(DEFAULT_CHUNK_SIZE));
      for (var entry : found.entries.entrySet()) {
        found.requireSums(file, entry.getKey(), entry.getValue());
      }
      return found;
    }
  }

  private void requireSums(Path file, String name, Entry entry) throws FormatException {
    for (float sum : entry.sums()) {
      if (!(sum >= 0) || sum == Float.POSITIVE_INFINITY) {
        throw FormatException.in(
            file,
            "a sum of '%s' is %s, expected a finite number of at least 0".formatted(name, sum));
      }
    }
    for (long count : entry.counts()) {
      if (count < 0 || count > 1L << 53) {
        throw FormatException.in(
            file, "a count of '%s' is %d, expected 0 to 2^53".formatted(name, count));
      }
    }
  }

  /// Chunks that were measured: as many as the largest count has room for.
  public long chunks() {
    return entries.values().stream().mapToLong(Entry::largestCount).max().orElse(0) / chunkSize;
  }

  /// Both added up.
  ///
  /// @throws IllegalArgumentException if a tensor has other columns or experts; the message is for
  ///   the user
  public ActivationSums plus(ActivationSums other) {
    SequencedMap<String, Entry> all = new TreeMap<>(entries);
    other.entries.forEach((name, entry) -> all.merge(name, entry, (a, b) -> plus(name, a, b)));
    List<String> texts = new ArrayList<>(datasets);
    texts.addAll(other.datasets);
    return new ActivationSums(all, texts, chunkSize);
  }

  private static Entry plus(String name, Entry a, Entry b) {
    if (a.sums().length != b.sums().length) {
      throw new IllegalArgumentException(
          "'%s' has %d sums in one matrix and %d in another: they are of different models"
              .formatted(name, a.sums().length, b.sums().length));
    }
    // The older format has one count for all experts.
    int counts = Math.max(a.counts().length, b.counts().length);
    if ((a.counts().length != 1 && a.counts().length != counts)
        || (b.counts().length != 1 && b.counts().length != counts)) {
      throw new IllegalArgumentException(
          "'%s' has %d experts in one matrix and %d in another: they are of different models"
              .formatted(name, a.counts().length, b.counts().length));
    }
    float[] sums = a.sums().clone();
    for (int i = 0; i < sums.length; i++) {
      sums[i] += b.sums()[i];
    }
    long[] total = new long[counts];
    for (int i = 0; i < counts; i++) {
      total[i] =
          Math.addExact(
              a.counts()[Math.min(i, a.counts().length - 1)],
              b.counts()[Math.min(i, b.counts().length - 1)]);
    }
    return new Entry(sums, total);
  }

  /// Writes the file as llama-imatrix does. It appears whole or not at all.
  public void write(Path file, ImatrixFormat format, OverwritePolicy policy) throws IOException {
    switch (format) {
      case GGUF -> GgufImatrix.write(this, file, policy);
      case DAT -> {
        try (AtomicFile target = AtomicFile.create(file, policy)) {
          target.write(out -> LegacyImatrix.write(this, out));
          target.commit();
        }
      }
    }
  }
}

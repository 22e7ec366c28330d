package dev.zonda.verify.divergence;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.MappedFile;
import dev.zonda.verify.evaluation.Chunks;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.OptionalInt;

/// A file of log-probabilities as `llama-perplexity --kl-divergence-base` (or `--save-all-logits`)
/// writes it.
///
/// ```
/// u8[8] "_logits_"
/// i32   context        tokens per chunk
/// i32   vocabulary
/// i32   chunks
/// i32[chunks][context] tokens
/// of each chunk, of each scored position, a row:
///   f32   scale
///   f32   least         the log-probability of step 0
///   u16[] steps         of each token; padded to an even number
/// ```
///
/// A log-probability is `least + scale * step`. `least` is 16 below the largest, or the smallest.
public final class StoredLogits implements AutoCloseable {
  static final byte[] MAGIC = "_logits_".getBytes(StandardCharsets.US_ASCII);
  static final int HEADER_BYTES = MAGIC.length + 3 * Integer.BYTES;
  static final int ROW_HEADER_BYTES = 2 * Float.BYTES;

  /// llama-perplexity leaves tokens with log-probabilities up to this one out of divergences.
  static final float CUTOFF = -16;

  /// How far the probabilities may add up to something other than one: more than steps of 16 bits
  /// cause.
  private static final double ROUNDING = 0.01;

  private static final int MAX_CONTEXT = 1 << 24;
  private static final int MAX_VOCABULARY = 1 << 24;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MappedFile file;
  private final int context;
  private final int vocabulary;
  private final int chunks;

  private StoredLogits(MappedFile file) throws FormatException {
    this.file = file;
    MemorySegment bytes = file.bytes();
    if (bytes.byteSize() < HEADER_BYTES
        || !isMagic(bytes.asSlice(0, MAGIC.length).toArray(ValueLayout.JAVA_BYTE))) {
      throw FormatException.in(
          file.path(), "is not a file of logits: it does not begin with _logits_");
    }
    this.context = count("context", 0, Chunks.MIN_CONTEXT, MAX_CONTEXT);
    this.vocabulary = count("vocabulary", 1, 1, MAX_VOCABULARY);
    this.chunks = count("number of chunks", 2, 1, Integer.MAX_VALUE / context);
    long rows = Math.multiplyExact((long) chunks, Chunks.scoredOf(context));
    long expected =
        Math.addExact(firstRow(), Math.multiplyExact(rows, (long) rowBytes(vocabulary)));
    if (file.size() != expected) {
      throw FormatException.in(
          file.path(),
          ("has %d bytes, expected %d for %d chunks of %d tokens and a vocabulary of %d: it may"
                  + " not be complete")
              .formatted(file.size(), expected, chunks, context, vocabulary));
    }
  }

  /// Whether a file begins like a file of logits.
  public static boolean isOne(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      return false;
    }
    try (var in = Files.newInputStream(path)) {
      return isMagic(in.readNBytes(MAGIC.length));
    }
  }

  private static boolean isMagic(byte[] bytes) {
    return Arrays.equals(bytes, MAGIC);
  }

  /// @throws FormatException if it is not such a file, or does not have the size that its header
  ///   implies
  public static StoredLogits open(Path path) throws IOException {
    MappedFile file = MappedFile.open(path);
    try {
      return new StoredLogits(file);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private int count(String field, int index, int least, int most) throws FormatException {
    int at = MAGIC.length + index * Integer.BYTES;
    int value = file.bytes().get(INT, at);
    if (value < least || value > most) {
      throw FormatException.at(
          file.path(), at, "%s is %d, expected %d to %d".formatted(field, value, least, most));
    }
    return value;
  }

  static int rowBytes(int vocabulary) {
    return ROW_HEADER_BYTES + 2 * Short.BYTES * Math.ceilDiv(vocabulary, 2);
  }

  private long firstRow() {
    return HEADER_BYTES + (long) chunks * context * Integer.BYTES;
  }

  private long row(int index) {
    return firstRow() + (long) index * rowBytes(vocabulary);
  }

  public Path file() {
    return file.path();
  }

  /// What tells one file from another, cheaply: the SHA-256 of everything before the first row.
  public String headerDigest() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(file.bytes().asSlice(0, firstRow()).asByteBuffer());
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  int vocabulary() {
    return vocabulary;
  }

  /// The text, for models of the same vocabulary.
  ///
  /// @param beginning the token that the models expect before a document, if any
  /// @throws FormatException if the text has ids that are not tokens
  public Chunks chunks(OptionalInt beginning) throws FormatException {
    int[] tokens = file.bytes().asSlice(HEADER_BYTES, firstRow() - HEADER_BYTES).toArray(INT);
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] < 0 || tokens[i] >= vocabulary) {
        throw FormatException.at(
            file.path(),
            HEADER_BYTES + (long) i * Integer.BYTES,
            "token is %d, expected 0 to %d".formatted(tokens[i], vocabulary - 1));
      }
    }
    return Chunks.ofWhole(tokens, context, beginning);
  }

  /// Reads the log-probabilities of a scored position.
  ///
  /// @param index among all scored positions
  /// @throws FormatException if they are not finite numbers
  void row(int index, float[] logProbabilities) throws FormatException {
    long at = row(index);
    MemorySegment bytes = file.bytes();
    float scale = bytes.get(FLOAT, at);
    float least = bytes.get(FLOAT, at + Float.BYTES);
    if (!(scale >= 0 && scale < 1 && Math.abs(least) < 1e6f)) {
      throw FormatException.at(
          file.path(),
          at,
          ("a row has scale %s and least %s, expected a scale from 0 to 1 and a least within a"
                  + " million")
              .formatted(scale, least));
    }
    for (int token = 0; token < vocabulary; token++) {
      long place = at + ROW_HEADER_BYTES + (long) token * Short.BYTES;
      logProbabilities[token] = scale * Short.toUnsignedInt(bytes.get(SHORT, place)) + least;
    }
  }

  /// Fails if the probabilities of a position do not add up to one. Those of tokens below the least
  /// step count as that of the step.
  void requireProbabilities(int index, double sum) throws FormatException {
    double most = 1 + ROUNDING + vocabulary * StrictMath.exp(CUTOFF);
    if (!(sum > 1 - ROUNDING && sum < most)) {
      throw FormatException.at(
          file.path(),
          row(index),
          "the probabilities of a row add up to %s, expected 1: the file may be damaged"
              .formatted(sum));
    }
  }

  @Override
  public void close() {
    file.close();
  }
}

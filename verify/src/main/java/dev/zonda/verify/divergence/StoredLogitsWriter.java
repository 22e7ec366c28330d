package dev.zonda.verify.divergence;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.kernels.Kernels;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/// Writes [StoredLogits], position by position in any order and from many threads. The file appears
/// whole or not at all.
public final class StoredLogitsWriter implements AutoCloseable {
  private static final int STEPS = 65535;

  /// How far below the largest logit the others are cut off.
  private static final float REACH = 16;

  private final AtomicFile file;
  private final Chunks chunks;
  private int vocabulary;
  private long firstRow;

  private StoredLogitsWriter(AtomicFile file, Chunks chunks) {
    this.file = file;
    this.chunks = chunks;
  }

  /// Starts the file.
  public static StoredLogitsWriter create(Path target, Chunks chunks, OverwritePolicy policy)
      throws IOException {
    return new StoredLogitsWriter(AtomicFile.create(target, policy), chunks);
  }

  /// Writes everything before the logits.
  public void begin(int tokensOfVocabulary) throws IOException {
    vocabulary = tokensOfVocabulary;
    int[] tokens = chunks.tokens();
    ByteBuffer header =
        ByteBuffer.allocate(
                Math.addExact(
                    StoredLogits.HEADER_BYTES, Math.multiplyExact(tokens.length, Integer.BYTES)))
            .order(ByteOrder.LITTLE_ENDIAN);
    header.put(StoredLogits.MAGIC);
    header.putInt(chunks.context()).putInt(vocabulary).putInt(chunks.count());
    for (int token : tokens) {
      header.putInt(token);
    }
    firstRow = header.position();
    file.write(header.flip(), 0);
  }

  /// Writes a position's logits: log-probabilities in 65535 steps from the smallest, or from 16
  /// below the largest, to the largest.
  ///
  /// @param index among all scored positions
  public void row(int index, Kernels kernels, float[] logits, int at) throws IOException {
    float max = logits[at];
    float min = logits[at];
    for (int i = at + 1; i < at + vocabulary; i++) {
      max = Math.max(max, logits[i]);
      min = Math.min(min, logits[i]);
    }
    min = Math.max(min, max - REACH);
    float[] exponentials = new float[vocabulary];
    kernels.exp(logits, at, max, exponentials, 0, vocabulary);
    double sum = 0;
    for (float exponential : exponentials) {
      sum += exponential;
    }
    float logSum = (float) StrictMath.log(sum);
    float scale = (max - min) / STEPS;
    int rowBytes = StoredLogits.rowBytes(vocabulary);
    ByteBuffer row = ByteBuffer.allocate(rowBytes).order(ByteOrder.LITTLE_ENDIAN);
    row.putFloat(scale).putFloat(min - max - logSum);
    if (scale > 0) {
      float inverse = 1 / scale;
      for (int i = at; i < at + vocabulary; i++) {
        row.putShort((short) (logits[i] > min ? (int) Math.rint(inverse * (logits[i] - min)) : 0));
      }
    }
    file.write(row.rewind(), firstRow + (long) index * rowBytes);
  }

  /// Completes the file and gives it its name.
  public void commit() throws IOException {
    file.commit();
  }

  /// Without a [#commit] before, no file remains.
  @Override
  public void close() throws IOException {
    file.close();
  }
}

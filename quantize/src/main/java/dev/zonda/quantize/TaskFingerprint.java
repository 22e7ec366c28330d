package dev.zonda.quantize;

import dev.zonda.formats.TensorInfo;
import dev.zonda.quantize.block.Importance;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/// A hash of what is to be done with the tensors of a model: their types and places before and
/// after, and their importance weights.
public final class TaskFingerprint {
  private final MessageDigest digest;

  private TaskFingerprint() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  public static String of(List<TensorTask> tasks) {
    TaskFingerprint fingerprint = new TaskFingerprint();
    for (TensorTask task : tasks) {
      fingerprint.add(task.source());
      fingerprint.add(task.target());
      task.importance().forEach(fingerprint::add);
    }
    return HexFormat.of().formatHex(fingerprint.digest.digest());
  }

  private void add(TensorInfo tensor) {
    add("%s %s %s %d\n".formatted(tensor.name(), tensor.type(), tensor.shape(), tensor.offset()));
  }

  private void add(String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
  }

  private void add(Importance importance) {
    switch (importance) {
      case Importance.None() -> add("none\n");
      case Importance.Columns(float[] columns) -> {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(columns.length, Float.BYTES));
        bytes.asFloatBuffer().put(columns);
        add(columns.length + " columns\n");
        digest.update(bytes);
      }
    }
  }
}

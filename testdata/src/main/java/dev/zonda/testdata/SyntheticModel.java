package dev.zonda.testdata;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.StringJoiner;

/// Makes a checkpoint folder of any size, as it would be downloaded: config, SentencePiece
/// vocabulary and BF16 weights in one safetensors file.
///
/// From the command line: `SyntheticModel FOLDER M134|M672|B3|B7|B11 RANDOM|SPARSE`.
public final class SyntheticModel {
  /// What the weights are.
  public enum Weights {
    /// Normal with standard deviation 0.02, norms near one; the same on every run.
    RANDOM,
    /// A hole in the file, which reads as zeros and takes no disk space.
    SPARSE
  }

  private static final int CHUNK = 1 << 20;

  private SyntheticModel() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 3) {
      throw new IllegalArgumentException("expected FOLDER M134|M672|B3|B7|B11 RANDOM|SPARSE");
    }
    write(
        Path.of(args[0]),
        LlamaShape.named(args[1]),
        Weights.valueOf(args[2].toUpperCase(Locale.ROOT)));
  }

  /// Writes the folder, which is made if it is missing.
  public static void write(Path folder, LlamaShape shape, Weights weights) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("config.json"), shape.configJson());
    Files.write(folder.resolve("tokenizer.model"), vocabulary(shape.vocabulary()));
    writeWeights(folder.resolve("model.safetensors"), shape.tensors(), weights);
  }

  private static void writeWeights(Path file, List<LlamaShape.Tensor> tensors, Weights weights)
      throws IOException {
    StringJoiner header = new StringJoiner(",", "{", "}");
    long end = 0;
    for (LlamaShape.Tensor tensor : tensors) {
      long start = end;
      end = Math.addExact(end, Math.multiplyExact(2, tensor.elements()));
      header.add(
          "\"%s\":{\"dtype\":\"BF16\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(tensor.name(), tensor.dimensions(), start, end));
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      ByteBuffer prefix = ByteBuffer.allocate(8 + json.length).order(ByteOrder.LITTLE_ENDIAN);
      prefix.putLong(json.length).put(json).flip();
      channel.write(prefix);
      switch (weights) {
        case RANDOM -> writeRandom(channel, tensors);
        case SPARSE -> channel.write(ByteBuffer.allocate(1), prefix.limit() + end - 1);
      }
    }
  }

  private static void writeRandom(FileChannel channel, List<LlamaShape.Tensor> tensors)
      throws IOException {
    SplittableRandom random = new SplittableRandom(672);
    ByteBuffer buffer = ByteBuffer.allocateDirect(2 * CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    for (LlamaShape.Tensor tensor : tensors) {
      float mean = tensor.dimensions().size() == 1 ? 1 : 0;
      long left = tensor.elements();
      while (left > 0) {
        buffer.clear();
        for (int i = (int) Math.min(left, CHUNK); i > 0; i--) {
          float value = mean + 0.02f * (float) random.nextGaussian();
          buffer.putShort((short) (Float.floatToRawIntBits(value) >>> 16));
        }
        left -= buffer.flip().limit() / 2;
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
      }
    }
  }

  /// A SentencePiece model (protobuf `ModelProto`): unknown, BOS, EOS, the 256 bytes, and invented
  /// words.
  private static byte[] vocabulary(int size) {
    ByteArrayOutputStream model = new ByteArrayOutputStream();
    for (int id = 0; id < size; id++) {
      switch (id) {
        case 0 -> piece(model, "<unk>", 0, PieceType.UNKNOWN);
        case 1 -> piece(model, "<s>", 0, PieceType.CONTROL);
        case 2 -> piece(model, "</s>", 0, PieceType.CONTROL);
        default -> {
          if (id < 259) {
            piece(model, "<0x%02X>".formatted(id - 3), 0, PieceType.BYTE);
          } else {
            piece(model, "\u2581w" + id, 258 - id, PieceType.NORMAL);
          }
        }
      }
    }
    // trainer_spec (field 2): model_type (3) = BPE, byte_fallback (35) = true.
    model.writeBytes(new byte[] {2 << 3 | 2, 5, 3 << 3, 2, (byte) (35 << 3 | 0x80), 35 >> 4, 1});
    return model.toByteArray();
  }

  private enum PieceType {
    NORMAL(1),
    UNKNOWN(2),
    CONTROL(3),
    BYTE(6);

    private final int id;

    PieceType(int id) {
      this.id = id;
    }
  }

  /// `pieces` (field 1): piece (1), score (2), type (3).
  private static void piece(ByteArrayOutputStream model, String text, float score, PieceType type) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer message =
        ByteBuffer.allocate(2 + utf8.length + 5 + 2).order(ByteOrder.LITTLE_ENDIAN);
    message.put((byte) (1 << 3 | 2)).put((byte) utf8.length).put(utf8);
    message.put((byte) (2 << 3 | 5)).putFloat(score);
    message.put((byte) (3 << 3)).put((byte) type.id);
    model.write(1 << 3 | 2);
    model.write(message.capacity());
    model.writeBytes(message.array());
  }
}

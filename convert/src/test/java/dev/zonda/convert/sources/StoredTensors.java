package dev.zonda.convert.sources;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.Expression;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.safetensors.SafetensorsFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.UnaryOperator;
import tools.jackson.databind.json.JsonMapper;

/// A safetensors file that a test makes tensor by tensor, and what [SourceTensors] make of it.
final class StoredTensors {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final StringJoiner header = new StringJoiner(",", "{", "}");
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  StoredTensors add(String name, String dtype, List<Integer> shape, byte... bytes) {
    header.add(
        "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
            .formatted(name, dtype, shape, data.size(), data.size() + bytes.length));
    data.writeBytes(bytes);
    return this;
  }

  StoredTensors floats(String name, List<Integer> shape, float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return add(name, "F32", shape, bytes.array());
  }

  StoredTensors ints(String name, List<Integer> shape, int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.stream(values).forEach(bytes::putInt);
    return add(name, "I32", shape, bytes.array());
  }

  StoredTensors longs(String name, List<Integer> shape, long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    Arrays.stream(values).forEach(bytes::putLong);
    return add(name, "I64", shape, bytes.array());
  }

  /// The file, opened.
  SafetensorsFile open(Path folder) throws IOException {
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer prefix = ByteBuffer.allocate(8 + json.length).order(ByteOrder.LITTLE_ENDIAN);
    prefix.putLong(json.length).put(json);
    Path file = folder.resolve("model.safetensors");
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(prefix.array());
    all.writeBytes(data.toByteArray());
    Files.write(file, all.toByteArray());
    return SafetensorsFile.open(file);
  }

  /// What the families' rules see.
  ///
  /// @param quantization the JSON text of `quantization_config`
  static List<SourceTensor> plain(SafetensorsFile file, String quantization, Notes notes)
      throws IOException {
    JsonFields config =
        JsonFields.of(
            Path.of("config.json"),
            JsonMapper.shared().readTree("{\"quantization_config\":" + quantization + "}"));
    return SourceTensors.of(file, config, name -> true, UnaryOperator.identity(), notes);
  }

  /// All values of a tensor, read some rows at a time.
  static float[] valuesOf(Expression expression, long step) {
    Expression single = expression.as(TensorType.F32);
    int length = Math.toIntExact(single.shape().rowLength());
    float[] values = new float[Math.toIntExact(single.shape().elements())];
    for (long row = 0; row < single.shape().rows(); row += step) {
      long count = Math.min(step, single.shape().rows() - row);
      byte[] scratch = new byte[Math.toIntExact(count * single.rowBytes())];
      MemorySegment rows = single.rows(row, count, MemorySegment.ofArray(scratch));
      MemorySegment.copy(
          rows, FLOAT, 0, values, (int) row * length, Math.toIntExact(count * length));
    }
    return values;
  }
}

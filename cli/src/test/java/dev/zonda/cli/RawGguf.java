package dev.zonda.cli;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/// Puts a GGUF file together byte by byte, in either byte order: files that zonda does not write.
final class RawGguf {
  private final ByteOrder order;
  private final long alignment;
  private final ByteArrayOutputStream keys = new ByteArrayOutputStream();
  private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private int keyCount;
  private int tensorCount;

  RawGguf(ByteOrder order, long alignment) {
    this.order = order;
    this.alignment = alignment;
  }

  /// Adds a key.
  ///
  /// @param typeId of the format
  RawGguf key(String name, int typeId, Consumer<Fields> value) {
    Fields fields = new Fields(keys);
    fields.text(name.getBytes(StandardCharsets.UTF_8)).u32(typeId);
    value.accept(fields);
    keyCount++;
    return this;
  }

  RawGguf text(String name, String value) {
    return key(name, 8, fields -> fields.text(value.getBytes(StandardCharsets.UTF_8)));
  }

  RawGguf u32(String name, long value) {
    return key(name, 4, fields -> fields.u32(value));
  }

  /// Adds an F32 tensor.
  RawGguf tensor(String name, float[] values, long rowLength) {
    Fields fields = new Fields(tensors);
    fields.text(name.getBytes(StandardCharsets.UTF_8)).u32(2);
    fields.u64(rowLength).u64(values.length / rowLength).u32(0).u64(data.size());
    Fields content = new Fields(data);
    for (float value : values) {
      content.u32(Float.floatToRawIntBits(value));
    }
    pad(data);
    tensorCount++;
    return this;
  }

  byte[] toBytes() {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    new Fields(file).u32(3).u64(tensorCount).u64(keyCount);
    file.writeBytes(keys.toByteArray());
    file.writeBytes(tensors.toByteArray());
    pad(file);
    file.writeBytes(data.toByteArray());
    return file.toByteArray();
  }

  private void pad(ByteArrayOutputStream bytes) {
    while (bytes.size() % alignment != 0) {
      bytes.write(0);
    }
  }

  /// Writes single values.
  final class Fields {
    private final ByteArrayOutputStream out;

    private Fields(ByteArrayOutputStream out) {
      this.out = out;
    }

    Fields u16(int value) {
      out.writeBytes(ByteBuffer.allocate(2).order(order).putShort((short) value).array());
      return this;
    }

    Fields u32(long value) {
      out.writeBytes(ByteBuffer.allocate(4).order(order).putInt((int) value).array());
      return this;
    }

    Fields u64(long value) {
      out.writeBytes(ByteBuffer.allocate(8).order(order).putLong(value).array());
      return this;
    }

    Fields text(byte... bytes) {
      u64(bytes.length);
      out.writeBytes(bytes);
      return this;
    }
  }
}

package dev.zonda.formats.gguf;

import dev.zonda.formats.MetadataType;
import dev.zonda.formats.TensorType;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Puts GGUF files together byte by byte, right or wrong ones. Knows nothing of the code under test
/// but the tables of ids.
final class GgufBytes {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteOrder order;

  GgufBytes(ByteOrder order) {
    this.order = order;
  }

  /// Starts a little endian file of version 3.
  static GgufBytes start(long tensors, long keys) {
    return new GgufBytes(ByteOrder.LITTLE_ENDIAN).header(3, tensors, keys);
  }

  GgufBytes header(int version, long tensors, long keys) {
    return raw("GGUF").u32(version).u64(tensors).u64(keys);
  }

  GgufBytes raw(String ascii) {
    return raw(ascii.getBytes(StandardCharsets.US_ASCII));
  }

  GgufBytes raw(byte... bytes) {
    out.writeBytes(bytes);
    return this;
  }

  GgufBytes u8(int value) {
    out.write(value);
    return this;
  }

  GgufBytes u16(int value) {
    return raw(ByteBuffer.allocate(2).order(order).putShort((short) value).array());
  }

  GgufBytes u32(long value) {
    return raw(ByteBuffer.allocate(4).order(order).putInt((int) value).array());
  }

  GgufBytes u64(long value) {
    return raw(ByteBuffer.allocate(8).order(order).putLong(value).array());
  }

  GgufBytes f32(float value) {
    return u32(Float.floatToRawIntBits(value));
  }

  GgufBytes f64(double value) {
    return u64(Double.doubleToRawLongBits(value));
  }

  GgufBytes text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return u64(bytes.length).raw(bytes);
  }

  GgufBytes key(String name, MetadataType type) {
    return text(name).u32(type.id());
  }

  GgufBytes array(MetadataType element, long size) {
    return u32(element.id()).u64(size);
  }

  /// A tensor's entry.
  ///
  /// @param dimensions innermost first, as in the file
  GgufBytes tensor(String name, TensorType type, long offset, long... dimensions) {
    text(name).u32(dimensions.length);
    for (long dimension : dimensions) {
      u64(dimension);
    }
    return u32(type.ggmlId()).u64(offset);
  }

  GgufBytes align(int alignment) {
    return zeros(-out.size() & (alignment - 1));
  }

  GgufBytes zeros(int count) {
    return raw(new byte[count]);
  }

  int size() {
    return out.size();
  }

  byte[] toBytes() {
    return out.toByteArray();
  }

  /// A small file with every type of metadata and nested arrays, and two tensors; it ends with the
  /// last byte of the last tensor.
  static GgufBytes small(ByteOrder order, int version) {
    return new GgufBytes(order)
        .header(version, 2, 15)
        .key("general.architecture", MetadataType.STRING)
        .text("llama")
        .key("uint8", MetadataType.UINT8)
        .u8(0xfe)
        .key("int8", MetadataType.INT8)
        .u8(0xfe)
        .key("uint16", MetadataType.UINT16)
        .u16(0xfffe)
        .key("int16", MetadataType.INT16)
        .u16(0xfffe)
        .key("uint32", MetadataType.UINT32)
        .u32(0xffff_fffeL)
        .key("int32", MetadataType.INT32)
        .u32(-2)
        .key("float32", MetadataType.FLOAT32)
        .f32(1.5f)
        .key("bool", MetadataType.BOOL)
        .u8(1)
        .key("uint64", MetadataType.UINT64)
        .u64(-2)
        .key("int64", MetadataType.INT64)
        .u64(-2)
        .key("float64", MetadataType.FLOAT64)
        .f64(-2.5)
        .key("strings", MetadataType.ARRAY)
        .array(MetadataType.STRING, 3)
        .text("a")
        .text("")
        .text("▁und")
        .key("ints", MetadataType.ARRAY)
        .array(MetadataType.INT16, 3)
        .u16(1)
        .u16(-1)
        .u16(300)
        .key("nested", MetadataType.ARRAY)
        .array(MetadataType.ARRAY, 3)
        .array(MetadataType.UINT8, 2)
        .u8(7)
        .u8(8)
        .array(MetadataType.ARRAY, 1)
        .array(MetadataType.STRING, 1)
        .text("deep")
        .array(MetadataType.FLOAT64, 0)
        .tensor("token_embd.weight", TensorType.F16, 0, 4, 3)
        .tensor("output_norm.weight", TensorType.F32, 32, 8)
        .align(32)
        .u16(1)
        .u16(2)
        .u16(3)
        .u16(4)
        .u16(5)
        .u16(6)
        .u16(7)
        .u16(8)
        .u16(9)
        .u16(10)
        .u16(11)
        .u16(0x1234)
        .zeros(8)
        .f32(1)
        .f32(2)
        .f32(3)
        .f32(4)
        .f32(5)
        .f32(6)
        .f32(7)
        .f32(8);
  }
}

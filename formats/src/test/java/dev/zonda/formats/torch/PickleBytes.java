package dev.zonda.formats.torch;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Writes pickles opcode by opcode, also those that no Python would write.
final class PickleBytes {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  PickleBytes() {
    op(0x80).op(2);
  }

  PickleBytes op(int code) {
    out.write(code);
    return this;
  }

  PickleBytes ops(String codes) {
    out.writeBytes(codes.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  PickleBytes global(String module, String name) {
    return ops("c" + module + "\n" + name + "\n");
  }

  PickleBytes text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    op('X').i32(bytes.length);
    out.writeBytes(bytes);
    return this;
  }

  PickleBytes number(int number) {
    return op('J').i32(number);
  }

  private PickleBytes i32(int number) {
    out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(number).array());
    return this;
  }

  /// A storage of F32 values.
  PickleBytes storage(String key, int elements) {
    return op('(')
        .text("storage")
        .global("torch", "FloatStorage")
        .text(key)
        .text("cpu")
        .number(elements)
        .ops("tQ");
  }

  /// A tensor of the storage '0'.
  PickleBytes tensor(int elements, int offset, int[] shape, int[] strides) {
    return global("torch._utils", "_rebuild_tensor_v2")
        .op('(')
        .storage("0", elements)
        .number(offset)
        .tuple(shape)
        .tuple(strides)
        .op(0x89)
        .global("collections", "OrderedDict")
        .ops(")RtR");
  }

  private PickleBytes tuple(int... numbers) {
    op('(');
    for (int number : numbers) {
      number(number);
    }
    return op('t');
  }

  byte[] bytes() {
    return out.toByteArray();
  }
}

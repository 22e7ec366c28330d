package dev.zonda.formats.gguf;

import static dev.zonda.formats.MetadataType.ARRAY;
import static dev.zonda.formats.MetadataType.BOOL;
import static dev.zonda.formats.MetadataType.FLOAT32;
import static dev.zonda.formats.MetadataType.STRING;
import static dev.zonda.formats.MetadataType.UINT32;
import static dev.zonda.formats.MetadataType.UINT64;
import static dev.zonda.formats.MetadataType.UINT8;
import static dev.zonda.formats.TensorType.F32;
import static dev.zonda.formats.TensorType.I8;
import static dev.zonda.formats.TensorType.IQ2_XXS;
import static dev.zonda.formats.TensorType.Q4_K;

import java.nio.ByteOrder;
import java.util.function.Supplier;

/// Files that no reader may accept, and a part of what it should say.
enum BrokenGguf {
  EMPTY("@0x0: magic takes 4 bytes, more than the 0 bytes left", () -> none()),
  BAD_MAGIC("@0x0: magic is 0x4b434148", () -> none().raw("HACK").zeros(60)),
  VERSION_0("@0x4: version is 0", () -> none().header(0, 0, 0)),
  VERSION_1("@0x4: version is 1, expected 2 or 3", () -> none().header(1, 0, 0)),
  VERSION_FUTURE("@0x4: version is 4", () -> none().header(4, 0, 0)),
  VERSION_FUTURE_BIG_ENDIAN(
      "@0x4: version is 4", () -> new GgufBytes(ByteOrder.BIG_ENDIAN).header(4, 0, 0)),
  TENSORS_BEYOND_FILE("@0x8: number of tensors is 100000", () -> start(100_000, 0).zeros(64)),
  TENSORS_BEYOND_LIMIT("expected at most 262144", () -> start(1 << 20, 0).zeros(64)),
  TENSORS_NEGATIVE("number of tensors is 18446744073709551615", () -> start(-1, 0)),
  KEYS_BEYOND_FILE("@0x10: number of metadata keys is 60000", () -> start(0, 60_000).zeros(64)),
  KEYS_NEGATIVE("number of metadata keys is 9223372036854775808", () -> start(0, Long.MIN_VALUE)),
  KEYS_MISSING("number of metadata keys is 1, more than", () -> start(0, 1)),

  KEY_EMPTY("metadata key 0 is empty", () -> start(0, 1).key("", UINT32).u32(1)),
  KEY_LENGTH_BEYOND_FILE(
      "@0x18: length of metadata key 0 is 1000, more than", () -> start(0, 1).u64(1000).zeros(100)),
  KEY_LENGTH_BEYOND_LIMIT(
      "length of metadata key 0 is 65536, expected at most 65535",
      () -> start(0, 1).u64(65_536).zeros(70_000)),
  KEY_LENGTH_NEGATIVE(
      "length of metadata key 0 is 18446744073709551615", () -> start(0, 1).u64(-1).zeros(100)),
  KEY_TWICE(
      "metadata key 'a' appears twice",
      () -> start(0, 2).key("a", UINT8).u8(1).key("a", UINT32).u32(1)),
  KEY_NOT_UTF8(
      "@0x18: metadata key 0 is not valid UTF-8",
      () -> start(0, 1).u64(2).u8('a').u8(0xff).u32(UINT8.id()).u8(1)),
  KEY_WITH_ZERO_BYTE(
      "@0x18: metadata key 0 holds a zero byte", () -> start(0, 1).key("a\0b", UINT8).u8(1)),
  KEY_TYPE_UNKNOWN("type of 'a' is 13", () -> start(0, 1).text("a").u32(13).zeros(50)),
  KEY_TYPE_NEGATIVE("type of 'a' is 4294967295", () -> start(0, 1).text("a").u32(-1).zeros(50)),
  BOOL_TWO("'a' is 2, expected 0 or 1", () -> start(0, 1).key("a", BOOL).u8(2)),
  BOOL_TWO_IN_ARRAY(
      "'a' is 255, expected 0 or 1",
      () -> start(0, 1).key("a", ARRAY).array(BOOL, 3).u8(0).u8(255).u8(1)),
  STRING_BEYOND_FILE(
      "length of 'a' is 9999", () -> start(0, 1).key("a", STRING).u64(9999).zeros(50)),
  STRING_LENGTH_OVERFLOWS(
      "length of 'a' is 9223372036854775807",
      () -> start(0, 1).key("a", STRING).u64(Long.MAX_VALUE).zeros(50)),

  ARRAY_TYPE_UNKNOWN(
      "element type of 'a' is 99", () -> start(0, 1).key("a", ARRAY).u32(99).u64(1).zeros(50)),
  ARRAY_BEYOND_FILE(
      "size of 'a' is 1000, more than",
      () -> start(0, 1).key("a", ARRAY).array(FLOAT32, 1000).zeros(3999)),
  ARRAY_SIZE_OVERFLOWS(
      "size of 'a' is 2305843009213693953",
      () -> start(0, 1).key("a", ARRAY).array(UINT64, (1L << 61) + 1).zeros(50)),
  ARRAY_STRINGS_BEYOND_FILE(
      "size of 'a' is 11, more than",
      () -> start(0, 1).key("a", ARRAY).array(STRING, 11).zeros(80)),
  ARRAY_STRING_BEYOND_FILE(
      "length of a string of 'a' is 100",
      () -> start(0, 1).key("a", ARRAY).array(STRING, 2).text("").u64(100).zeros(50)),
  ARRAY_TOO_DEEP("'a' nests arrays deeper than 16", () -> nested(17, 1)),
  ARRAY_DEPTH_BOMB("'a' nests arrays deeper than 16", () -> nested(100_000, 1)),
  ARRAY_NESTED_TOO_MANY(
      "size of 'a' is 70000, expected at most 65536",
      () -> start(0, 1).key("a", ARRAY).array(ARRAY, 70_000).zeros(12 * 70_000)),
  ARRAY_NESTED_TOO_MANY_IN_ALL(
      "size of 'b' is 40000, expected at most 25536",
      () ->
          start(0, 2)
              .key("a", ARRAY)
              .array(ARRAY, 40_000)
              .zeros(12 * 40_000)
              .key("b", ARRAY)
              .array(ARRAY, 40_000)
              .zeros(12 * 40_000)),

  ALIGNMENT_ZERO("general.alignment is 0", () -> alignment(0)),
  ALIGNMENT_ODD("general.alignment is 33", () -> alignment(33)),
  ALIGNMENT_ONE("general.alignment is 1,", () -> alignment(1)),
  ALIGNMENT_NO_POWER_OF_TWO("general.alignment is 24", () -> alignment(24)),
  ALIGNMENT_BEYOND_FILE("takes 16 bytes at 0 of the data", () -> alignment(1L << 31)),
  ALIGNMENT_WRONG_TYPE(
      "general.alignment is UINT64, expected UINT32",
      () -> start(0, 1).key("general.alignment", UINT64).u64(32)),

  TENSOR_TWICE(
      "tensor 'x' appears twice",
      () -> start(2, 0).tensor("x", F32, 0, 8).tensor("x", F32, 32, 8).align(32).zeros(64)),
  TENSOR_NAME_BEYOND_FILE(
      "length of name of tensor 0 is 500", () -> start(1, 0).u64(500).zeros(100)),
  TENSOR_NAME_BEYOND_LIMIT(
      "length of name of tensor 0 is 64, expected at most 63",
      () -> start(1, 0).tensor("x".repeat(64), F32, 0, 8).align(32).zeros(32)),
  TENSOR_NAME_NOT_UTF8(
      "@0x18: name of tensor 0 is not valid UTF-8",
      () -> start(1, 0).u64(1).u8(0x80).u32(1).u64(8).u32(0).u64(0).align(32).zeros(32)),
  TENSOR_NAME_WITH_ZERO_BYTE(
      "@0x18: name of tensor 0 holds a zero byte",
      () -> start(1, 0).tensor("x\0", F32, 0, 8).align(32).zeros(32)),
  DIMENSIONS_TOO_MANY(
      "tensor 'x' has 5 dimensions, expected at most 4",
      () -> start(1, 0).tensor("x", F32, 0, 1, 1, 1, 1, 1).align(32).zeros(32)),
  DIMENSIONS_HUGE(
      "tensor 'x' has 4294967295 dimensions", () -> start(1, 0).text("x").u32(-1).zeros(100)),
  DIMENSION_NEGATIVE(
      "tensor 'x' has a dimension of 18446744073709551611",
      () -> start(1, 0).tensor("x", F32, 0, 8, -5).align(32).zeros(32)),
  VALUES_OVERFLOW(
      "tensor 'x' has more values than fit in 63 bits",
      () -> start(1, 0).tensor("x", F32, 0, 1L << 32, 1L << 32).align(32).zeros(32)),
  VALUES_OVERFLOW_TO_ZERO(
      "tensor 'x' has more values than fit in 63 bits",
      () -> start(1, 0).tensor("x", I8, 0, 1L << 62, 4).align(32).zeros(32)),
  BYTES_OVERFLOW(
      "tensor 'x' has more bytes than fit in 63 bits",
      () -> start(1, 0).tensor("x", F32, 0, 1L << 62).align(32).zeros(32)),
  TYPE_UNKNOWN("tensor 'x' has the unknown type id 99", () -> tensorOfType(99)),
  TYPE_WITHDRAWN("tensor 'x' has the unknown type id 4", () -> tensorOfType(4)),
  TYPE_NEGATIVE("tensor 'x' has the unknown type id 4294967295", () -> tensorOfType(-1)),
  ROW_NO_WHOLE_BLOCKS(
      "tensor 'x' has rows of 128 values, expected a multiple of 256 for Q4_K",
      () -> start(1, 0).tensor("x", Q4_K, 0, 128, 2).align(32).zeros(144)),
  OFFSET_MISALIGNED(
      "tensor 'x' has the offset 8, expected a multiple of 32",
      () -> start(1, 0).tensor("x", F32, 8, 4).align(32).zeros(64)),
  OFFSET_BEYOND_FILE(
      "tensor 'x' takes 16 bytes at 4096 of the data",
      () -> start(1, 0).tensor("x", F32, 4096, 4).align(32).zeros(64)),
  OFFSET_NEGATIVE(
      "at 18446744073709551584 of the data",
      () -> start(1, 0).tensor("x", F32, -32, 4).align(32).zeros(64)),
  EMPTY_TENSOR_BEYOND_FILE(
      "tensor 'x' takes 0 bytes at 64 of the data",
      () -> start(1, 0).tensor("x", F32, 64, 0).align(32).zeros(32)),
  DATA_TOO_SHORT(
      "but the file has only 63 bytes of data; is it truncated?",
      () -> start(1, 0).tensor("x", F32, 0, 16).align(32).zeros(63)),
  DATA_MISSING("is it truncated?", () -> start(1, 0).tensor("x", F32, 0, 16)),
  TENSORS_OVERLAP(
      "tensor 'y' overlaps tensor 'x'",
      () -> start(2, 0).tensor("x", F32, 0, 9).tensor("y", F32, 32, 8).align(32).zeros(64)),
  TENSORS_AT_ONE_PLACE(
      "tensor 'y' overlaps tensor 'x'",
      () -> start(2, 0).tensor("x", F32, 0, 8).tensor("y", F32, 0, 8).align(32).zeros(64)),
  BIG_ENDIAN_UNDEFINED(
      "tensor 'x' is IQ2_XXS, which has no defined byte order",
      () ->
          new GgufBytes(ByteOrder.BIG_ENDIAN)
              .header(3, 1, 0)
              .tensor("x", IQ2_XXS, 0, 256)
              .align(32)
              .zeros(96));

  private final String expected;

  @SuppressWarnings("ImmutableEnumChecker") // the suppliers hold no state
  private final Supplier<GgufBytes> file;

  BrokenGguf(String expected, Supplier<GgufBytes> file) {
    this.expected = expected;
    this.file = file;
  }

  String expected() {
    return expected;
  }

  byte[] bytes() {
    return file.get().toBytes();
  }

  private static GgufBytes none() {
    return new GgufBytes(ByteOrder.LITTLE_ENDIAN);
  }

  private static GgufBytes start(long tensors, long keys) {
    return GgufBytes.start(tensors, keys);
  }

  private static GgufBytes nested(int depth, int sizeEach) {
    GgufBytes bytes = start(0, 1).key("a", ARRAY);
    for (int i = 0; i < depth; i++) {
      bytes.array(ARRAY, sizeEach);
    }
    return bytes.array(UINT8, 0);
  }

  private static GgufBytes alignment(long alignment) {
    return start(1, 1)
        .key("general.alignment", UINT32)
        .u32(alignment)
        .tensor("x", F32, 0, 4)
        .align(64)
        .zeros(64);
  }

  private static GgufBytes tensorOfType(long id) {
    return start(1, 0).text("x").u32(1).u64(4).u32(id).u64(0).align(32).zeros(32);
  }
}

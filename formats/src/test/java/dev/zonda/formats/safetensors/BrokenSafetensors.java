package dev.zonda.formats.safetensors;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/// Files that no reader may accept, and a part of what it should say.
public enum BrokenSafetensors {
  EMPTY("is empty, as after a failed download", () -> new byte[0]),
  SHORTER_THAN_LENGTH(
      "@0x0: length of the header takes 8 bytes, more than the 7 bytes left", () -> new byte[7]),
  LENGTH_ZERO("@0x8: the JSON does not begin with an object", () -> file(0, "", 0)),
  LENGTH_BEYOND_FILE("@0x0: length of the header is 100, more than", () -> file(100, "{}", 0)),
  LENGTH_NEGATIVE("is 18446744073709551615, expected at most 100000000", () -> file(-1, "{}", 0)),
  LENGTH_BEYOND_LIMIT("is 100000001, expected at most 100000000", () -> file(100_000_001, "", 0)),

  HEADER_NO_JSON("@0x9: broken JSON", () -> file("{hello", 0)),
  HEADER_ARRAY("@0x8: the JSON does not begin with an object", () -> file("[]", 0)),
  HEADER_STRING("the JSON does not begin with an object", () -> file("\"x\"", 0)),
  HEADER_SPACE_FIRST("@0x8: the JSON does not begin with an object", () -> file(" {}", 0)),
  HEADER_BYTE_ORDER_MARK("does not begin with an object", () -> file("\uFEFF{}", 0)),
  HEADER_UTF_16(
      "@0x8: the JSON does not begin with an object",
      () -> file("{}".getBytes(StandardCharsets.UTF_16LE), 0)),
  HEADER_NOT_UTF_8(
      "@0xa: the JSON is not valid UTF-8",
      () -> file("{\"\u00ff\":0}".getBytes(StandardCharsets.ISO_8859_1), 0)),
  HEADER_OVERLONG_UTF_8(
      "@0xa: the JSON is not valid UTF-8",
      () -> file("{\"\u00c0\u0080\":0}".getBytes(StandardCharsets.ISO_8859_1), 0)),
  HEADER_UNFINISHED("broken JSON: Unexpected end-of-input", () -> file("{\"a\":{", 0)),
  HEADER_TWO_OBJECTS("more follows after the end of the JSON object", () -> file("{}{}", 0)),
  HEADER_GARBAGE_BEHIND("broken JSON", () -> file("{}garbage", 0)),
  HEADER_NULL_BYTES_BEHIND("broken JSON", () -> file("{}\0\0\0", 0)),
  HEADER_COMMENT("broken JSON", () -> file("{/* */}", 0)),
  HEADER_TRAILING_COMMA("broken JSON", () -> file("{\"__metadata__\":{},}", 0)),
  NAME_TWICE("broken JSON: Duplicate", () -> file(list(x("0,4"), x("4,8")), 8)),
  NAME_TWICE_BY_ESCAPE(
      "broken JSON: Duplicate",
      () -> file(list(x("0,4"), x("4,8").replace("\"x", "\"\\u0078")), 8)),
  NAME_FIRST_HALF_OF_SURROGATE(
      "broken JSON: Broken surrogate pair",
      () -> file(list(tensor("\\ud800", "F32", "1", "0,4")), 4)),
  NAME_SECOND_HALF_OF_SURROGATE(
      "surrogate", () -> file(list(tensor("\\udc00", "F32", "1", "0,4")), 4)),
  METADATA_HALF_SURROGATE("surrogate", () -> file("{\"__metadata__\":{\"a\":\"\\udfff\"}}", 0)),
  NAME_TOO_LONG(
      "broken JSON: Name length (65536) exceeds the maximum allowed",
      () -> file(list(tensor("n".repeat(65_536), "F32", "1", "0,4")), 4)),
  DEPTH_BOMB_OF_ARRAYS(
      "broken JSON: Document nesting depth (17) exceeds",
      () -> file("{\"x\":{\"more\":" + "[".repeat(1_000_000), 0)),
  DEPTH_BOMB_IN_UNKNOWN_KEY(
      "broken JSON: Document nesting depth (17) exceeds",
      () -> file("{\"x\":{\"more\":" + "{\"a\":".repeat(500_000), 0)),
  SKIPPED_TOO_MUCH(
      "more than 524288 values and keys that zonda does not use",
      () -> file("{\"x\":{\"more\":[" + "1,".repeat(600_000) + "1]}}", 0)),
  NUMBER_BOMB(
      "broken JSON: Number value length (1000000) exceeds",
      () -> file(list(x("0," + "9".repeat(1_000_000))), 4)),
  NUMBERS_BOMB(
      "shape of tensor 'x' has more than 64 numbers",
      () -> file(list(tensor("x", "F32", "1" + ",1".repeat(100_000), "0,4")), 4)),

  METADATA_NO_OBJECT(
      "__metadata__ is a string, expected an object", () -> file("{\"__metadata__\":\"x\"}", 0)),
  METADATA_NO_STRING(
      "__metadata__ 'a' is a whole number, expected a string",
      () -> file("{\"__metadata__\":{\"a\":1}}", 0)),
  METADATA_NESTED(
      "__metadata__ 'a' is an object, expected a string",
      () -> file("{\"__metadata__\":{\"a\":{}}}", 0)),
  METADATA_NULL(
      "__metadata__ 'a' is null, expected a string",
      () -> file("{\"__metadata__\":{\"a\":null}}", 0)),
  METADATA_KEY_TWICE(
      "broken JSON: Duplicate", () -> file("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0)),
  METADATA_TWICE(
      "broken JSON: Duplicate", () -> file("{\"__metadata__\":{},\"__metadata__\":{}}", 0)),

  TENSOR_NO_OBJECT("tensor 'x' is null, expected an object", () -> file("{\"x\":null}", 0)),
  DTYPE_MISSING(
      "tensor 'x' has no dtype", () -> file("{\"x\":{\"shape\":[],\"data_offsets\":[0,4]}}", 4)),
  SHAPE_MISSING(
      "tensor 'x' has no shape",
      () -> file("{\"x\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4)),
  OFFSETS_MISSING(
      "tensor 'x' has no data_offsets", () -> file("{\"x\":{\"dtype\":\"F32\",\"shape\":[]}}", 4)),
  DTYPE_TWICE(
      "broken JSON: Duplicate",
      () -> file(list(x("0,4").replace("\"shape", "\"dtype\":\"I32\",\"shape")), 4)),
  DTYPE_UNKNOWN(
      "tensor 'x' has the unknown dtype 'F128'",
      () -> file(list(tensor("x", "F128", "1", "0,16")), 16)),
  DTYPE_OF_GGUF("unknown dtype 'Q4_0'", () -> file(list(tensor("x", "Q4_0", "32", "0,18")), 18)),
  DTYPE_NO_STRING(
      "dtype of tensor 'x' is a whole number, expected a string",
      () -> file("{\"x\":{\"dtype\":1}}", 0)),
  SHAPE_NO_ARRAY(
      "shape of tensor 'x' is a whole number, expected an array",
      () -> file("{\"x\":{\"shape\":1}}", 0)),
  SHAPE_NEGATIVE(
      "shape of tensor 'x' is a whole number, expected no negative number",
      () -> file(list(tensor("x", "F32", "-1", "0,4")), 4)),
  SHAPE_FRACTION(
      "shape of tensor 'x' is a number with a fraction, expected whole numbers",
      () -> file(list(tensor("x", "F32", "1.0", "0,4")), 4)),
  SHAPE_OF_STRINGS(
      "shape of tensor 'x' is a string, expected whole numbers",
      () -> file(list(tensor("x", "F32", "\"1\"", "0,4")), 4)),
  SHAPE_BEYOND_63_BITS(
      "expected numbers that fit in 63 bits",
      () -> file(list(tensor("x", "F32", "9223372036854775808", "0,4")), 4)),
  SHAPE_OVERFLOWS(
      "tensor 'x' has more bytes than fit in 63 bits",
      () -> file(list(tensor("x", "F32", "4294967296,4294967296", "0,0")), 0)),
  BYTES_OVERFLOW(
      "tensor 'x' has more bytes than fit in 63 bits",
      () -> file(list(tensor("x", "F32", "4611686018427387904", "0,0")), 0)),
  VALUES_SHARE_BYTES(
      "tensor 'x' has rows that are not a whole number of bytes",
      () -> file(list(tensor("x", "F4", "3", "0,2")), 2)),
  OFFSETS_THREE(
      "data_offsets of tensor 'x' has more than 2 numbers", () -> file(list(x("0,4,8")), 8)),
  OFFSETS_ONE("tensor 'x' has data_offsets that are not a range", () -> file(list(x("4")), 4)),
  OFFSETS_BACKWARD(
      "tensor 'x' has data_offsets that are not a range", () -> file(list(x("4,0")), 4)),
  OFFSETS_NEGATIVE("data_offsets of tensor 'x'", () -> file(list(x("-4,0")), 4)),
  OFFSETS_DO_NOT_FIT_SHAPE(
      "tensor 'x' has 8 bytes by its data_offsets, but 4 by its dtype and shape",
      () -> file(list(x("0,8")), 8)),
  OFFSETS_OVERFLOW(
      "tensor 'x' has data_offsets that do not fit in 63 bits",
      () -> file(list(x("9223372036854775803,9223372036854775807")), 4)),

  HOLE_AT_START("a hole of 4 bytes before tensor 'x'", () -> file(list(x("4,8")), 8)),
  HOLE_BETWEEN("a hole of 4 bytes before tensor 'y'", () -> file(list(x("0,4"), y("8,12")), 12)),
  OVERLAP("tensor 'y' overlaps the tensor before it", () -> file(list(x("0,4"), y("2,6")), 6)),
  AT_ONE_PLACE("overlaps the tensor before it", () -> file(list(x("0,4"), y("0,4")), 4)),
  EMPTY_TENSOR_IN_THE_MIDDLE(
      "overlaps the tensor before it",
      () -> file(list(x("0,4"), tensor("y", "F32", "0", "2,2")), 4)),
  DATA_TOO_SHORT(
      "tensor 'x' takes 4 bytes, but only 3 are left in the file; is it truncated?",
      () -> file(list(x("0,4")), 3)),
  BYTES_BEHIND("1 bytes follow the last tensor", () -> file(list(x("0,4")), 5)),
  BYTES_WITHOUT_TENSORS("64 bytes follow the last tensor", () -> file("{}", 64));

  private final String expected;

  @SuppressWarnings("ImmutableEnumChecker") // the suppliers hold no state
  private final Supplier<byte[]> file;

  BrokenSafetensors(String expected, Supplier<byte[]> file) {
    this.expected = expected;
    this.file = file;
  }

  String expected() {
    return expected;
  }

  byte[] bytes() {
    return file.get();
  }

  public static byte[] file(String header, int dataBytes) {
    return file(header.getBytes(StandardCharsets.UTF_8), dataBytes);
  }

  private static byte[] file(byte[] header, int dataBytes) {
    return file(header.length, header, dataBytes);
  }

  private static byte[] file(long length, String header, int dataBytes) {
    return file(length, header.getBytes(StandardCharsets.UTF_8), dataBytes);
  }

  private static byte[] file(long length, byte[] header, int dataBytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());
    out.writeBytes(header);
    out.writeBytes(new byte[dataBytes]);
    return out.toByteArray();
  }

  public static String list(String... entries) {
    return "{" + String.join(",", entries) + "}";
  }

  public static String tensor(String name, String dtype, String shape, String offsets) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%s]}"
        .formatted(name, dtype, shape, offsets);
  }

  private static String x(String offsets) {
    return tensor("x", "F32", "1", offsets);
  }

  private static String y(String offsets) {
    return tensor("y", "F32", "1", offsets);
  }
}

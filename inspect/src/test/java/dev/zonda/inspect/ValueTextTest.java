package dev.zonda.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ValueTextTest {
  static Stream<Arguments> scalars() {
    return Stream.of(
        Arguments.of(new MetadataValue.Uint8(255), "255", "uint8"),
        Arguments.of(new MetadataValue.Int8((byte) -1), "-1", "int8"),
        Arguments.of(new MetadataValue.Uint16(65535), "65535", "uint16"),
        Arguments.of(new MetadataValue.Int16((short) -2), "-2", "int16"),
        Arguments.of(new MetadataValue.Uint32(4294967295L), "4294967295", "uint32"),
        Arguments.of(new MetadataValue.Int32(-3), "-3", "int32"),
        Arguments.of(new MetadataValue.Uint64(-1), "18446744073709551615", "uint64"),
        Arguments.of(new MetadataValue.Int64(-4), "-4", "int64"),
        Arguments.of(new MetadataValue.Float32(0.5f), "0.5", "float32"),
        Arguments.of(new MetadataValue.Float64(0.25), "0.25", "float64"),
        Arguments.of(new MetadataValue.Bool(true), "true", "bool"),
        Arguments.of(new MetadataValue.Text("llama"), "llama", "string"),
        Arguments.of(MetadataValue.Array.ofInts(), "[0 int32s]", "int32[]"),
        Arguments.of(MetadataValue.Array.ofInts(7), "[1 int32] 7", "int32[]"),
        Arguments.of(
            MetadataValue.Array.ofStrings(List.of("<unk>", "<s>")),
            "[2 strings] '<unk>', '<s>'",
            "string[]"));
  }

  @ParameterizedTest
  @MethodSource("scalars")
  void showsEveryType(MetadataValue value, String text, String type) {
    assertEquals(text, ValueText.of(value));
    assertEquals(type, ValueText.typeOf(value));
  }

  @Test
  void shortensLongArrays() {
    assertEquals(
        "[9 int32s] 1, 2, 3, 4, 5, 6, …",
        ValueText.of(MetadataValue.Array.ofInts(1, 2, 3, 4, 5, 6, 7, 8, 9)));
  }

  @Test
  void shortensLongStrings() {
    assertEquals(
        "x".repeat(100) + "… (101 characters)",
        ValueText.of(new MetadataValue.Text("x".repeat(101))));
    assertEquals("x".repeat(100), ValueText.of(new MetadataValue.Text("x".repeat(100))));
    assertEquals(
        "[1 string] '" + "y".repeat(24) + "… (30 characters)'",
        ValueText.of(MetadataValue.Array.ofStrings(List.of("y".repeat(30)))));
  }

  @Test
  void countsTheInnerArrays() {
    MetadataValue inner = MetadataValue.Array.ofInts(1, 2, 3);
    assertEquals(
        "[2 arrays] [3 int32s], [3 int32s]",
        ValueText.of(new MetadataValue.Array(MetadataType.ARRAY, Collections.nCopies(2, inner))));
  }
}

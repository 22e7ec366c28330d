package dev.zonda.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteCountTest {
  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "123456, 123456",
    "500B, 500",
    "3K, 3000",
    "500M, 500000000",
    "2G, 2000000000",
    "2g, 2000000000",
    "2GB, 2000000000",
    "2 GB, 2000000000",
    "1T, 1000000000000",
    "1KiB, 1024",
    "1.5MiB, 1572864",
    "2GiB, 2147483648",
    "2gib, 2147483648",
    "2Gi, 2147483648",
    "1TiB, 1099511627776",
    "1.5G, 1500000000",
    "9223372036G, 9223372036000000000",
  })
  void unitsAreThousandsOr1024s(String text, long bytes) {
    assertEquals(new ByteCount(bytes), ByteCount.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "0G",
        "-1G",
        "G",
        "1.5",
        "1.0001K",
        "9999999999G",
        "2X",
        "2iB",
        "2 G B",
        "1e9",
        "1,5G",
        ".5G",
        "0x10",
        "two",
      })
  void nothingElseIsASize(String text) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> ByteCount.parse(text)).getMessage();
    assertTrue(message.startsWith("'" + text + "' is not a size, expected bytes"), message);
  }
}

package dev.zonda.cli.render;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SizesTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "999, 999 B",
    "1000, 0.98 KiB",
    "1024, 1.00 KiB",
    "10229, 9.99 KiB",
    "10240, 10.0 KiB",
    "8183616, 7.80 MiB",
    "1047527424, 999 MiB",
    "1048051712, 0.98 GiB",
    "9223372036854775807, 8.00 EiB"
  })
  void bytes(long bytes, String text) {
    assertEquals(text, Sizes.bytes(bytes));
  }

  @ParameterizedTest
  @CsvSource({
    "7, 7",
    "1000, 1.00 K",
    "4065536, 4.07 M",
    "7241732096, 7.24 B",
    "70553706496, 70.6 B"
  })
  void count(long count, String text) {
    assertEquals(text, Sizes.count(count));
  }

  @Test
  void exactGroupsDigits() {
    assertEquals("7,241,732,096", Sizes.exact(7241732096L));
  }

  @Test
  void durations() {
    assertEquals("0.3 s", Sizes.duration(Duration.ofMillis(310)));
    assertEquals("2 min 05 s", Sizes.duration(Duration.ofSeconds(125)));
    assertEquals("1 h 02 min", Sizes.duration(Duration.ofSeconds(3725)));
  }
}

package dev.zonda.convert.expression;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Sums of `torch.sum` on one thread: `(i * 2654435761 & 0xFFFFFF) / 2^24`.
class PairwiseSumTest {
  @ParameterizedTest
  @CsvSource({
    "5, 0x1.156074p+1",
    "7, 0x1.467dc2p+1",
    "8, 0x1.88a7acp+1",
    "31, 0x1.d88152p+3",
    "1000, 0x1.f2f4dcp+8",
    "40003, 0x1.38660ap+14",
    "1000003, 0x1.e84724p+18"
  })
  void isPyTorchs(int count, String expected) {
    PairwiseSum sum = new PairwiseSum(count);
    for (int i = 0; i < count; i++) {
      sum.add((i * 2654435761L & 0xFFFFFF) / 16777216f);
    }
    assertEquals(Float.parseFloat(expected), sum.total());
  }
}

package dev.zonda.verify.statistics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PercentilesTest {
  @Test
  void percentilesInterpolate() {
    Percentiles percentiles = new Percentiles(new double[] {4, 1, 3, 2}, 10);
    assertEquals(10, percentiles.at(0));
    assertEquals(25, percentiles.at(0.5));
    assertEquals(37, percentiles.at(0.9), 1e-12);
    assertEquals(40, percentiles.at(1));
  }
}

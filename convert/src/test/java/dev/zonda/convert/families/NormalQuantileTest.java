package dev.zonda.convert.families;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Holds the quantile to the bits of PyTorch: `Normal(0, 1).icdf(torch.tensor(part))`.
class NormalQuantileTest {
  @ParameterizedTest
  @CsvSource({
    "0.0, ff800000",
    "0.001, c045c66e",
    "0.01, c014e2e4",
    "0.05, bfd28a90",
    "0.1, bfa409e2",
    "0.25, bf2cab5c",
    "0.3, bf063f1c",
    "0.5, 00000000",
    "0.6, 3e81b6b8",
    "0.75, 3f2cab5c",
    "0.8, 3f57747e",
    "0.9, 3fa409e1",
    "0.95, 3fd28a90",
    "0.975, 3ffae01c",
    "0.99, 4014e2e4",
    "0.999, 4045c66e",
    "0.9999, 406e03ad"
  })
  void hasPyTorchsBits(float part, String bits) {
    assertEquals(
        Integer.parseUnsignedInt(bits, 16), Float.floatToRawIntBits(NormalQuantile.of(part)));
  }
}

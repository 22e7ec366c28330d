package dev.zonda.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class GatesTest {
  @Test
  void limitsThemselvesPass() {
    PairedSamples samples = new PairedSamples(2);
    samples.set(0, 1, 1.5, 0.25, 0, true);
    samples.set(1, 1, 1.5, 0.75, 0, false);
    Divergence divergence = samples.statistics("a.gguf", 1);
    double increase = 100 * (divergence.ppl().ratio() - 1);
    assertEquals(64.87, increase, 0.01);
    assertEquals(
        List.of(
            new Gates.Outcome("a.gguf", "max_kld", 0.5, 0.5, true),
            new Gates.Outcome("a.gguf", "max_ppl_increase", 64, increase, false),
            new Gates.Outcome("a.gguf", "min_same_top", 50, 50, true)),
        gates(0.5, 64, 50).check(divergence));
    assertEquals(
        List.of(false, true, false),
        gates(0.49, 65, 50.1).check(divergence).stream().map(Gates.Outcome::passed).toList());
  }

  @Test
  void gatesThatAreNotSetSayNothing() {
    PairedSamples samples = new PairedSamples(1);
    OptionalDouble none = OptionalDouble.empty();
    assertEquals(List.of(), new Gates(none, none, none).check(samples.statistics("a.gguf", 1)));
  }

  private static Gates gates(double maxKld, double maxPplIncrease, double minSameTop) {
    return new Gates(
        OptionalDouble.of(maxKld),
        OptionalDouble.of(maxPplIncrease),
        OptionalDouble.of(minSameTop));
  }
}

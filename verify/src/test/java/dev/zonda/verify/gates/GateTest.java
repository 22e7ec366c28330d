package dev.zonda.verify.gates;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.zonda.verify.gates.Gate.Relation;
import dev.zonda.verify.gates.Gate.Scale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GateTest {
  @Test
  void gatesAreParsed() {
    assertEquals(
        new Gate("kld.mean<0.03", Metric.KLD_MEAN, Relation.BELOW, Scale.ABSOLUTE, 0.03),
        Gate.parse("kld.mean<0.03"));
    assertEquals(
        new Gate("top1 >= 9e-1", Metric.TOP1, Relation.ABOVE, Scale.ABSOLUTE, 0.9),
        Gate.parse(" top1 >= 9e-1 "));
    assertEquals(
        new Gate("ppl.ratio<+5%", Metric.PPL_RATIO, Relation.BELOW, Scale.BASELINE, 0.05),
        Gate.parse("ppl.ratio<+5%"));
    assertEquals(
        new Gate("top1>-1%", Metric.TOP1, Relation.ABOVE, Scale.BASELINE, -0.01),
        Gate.parse("top1>-1%"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kld.mean|is no gate",
        "kld.mean=3|is no gate",
        "kld.mean<x|is no gate",
        "kld.mean<1e|'1e' is no number",
        "kld.mean<1e999|'1e999' is no number",
        "kld.mena<1|no metric is named 'kld.mena' (did you mean kld.mean?), expected one of kld.mean",
        "kld.p99<+5%|a quantile cannot be compared",
        "top1>-100%|allows nothing",
        "top1>90|a share is from 0 to 1, for example top1>0.9",
        "top10>-0.1|a share is from 0 to 1"
      })
  void othersAreNot(String text, String message) {
    String found =
        assertThrows(IllegalArgumentException.class, () -> Gate.parse(text)).getMessage();
    assertEquals(true, found.contains(message), found);
  }

  @ParameterizedTest
  @EnumSource(Metric.class)
  void valuesAndMeansBelongTogether(Metric metric) {
    assertEquals(metric, Metric.parse(metric.label()));
    assertEquals(0.7, metric.value(metric.mean(0.7)), 1e-12);
    double mean = metric.mean(0.7);
    assertEquals(1.1 * metric.value(mean), metric.value(metric.scaled(mean, 1.1)), 1e-12);
  }
}

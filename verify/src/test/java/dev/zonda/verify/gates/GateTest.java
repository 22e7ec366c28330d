package dev.zonda.verify.gates;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.zonda.verify.gates.Gate.Relation;
import dev.zonda.verify.gates.Gate.Scale;
import dev.zonda.verify.gates.Gate.Unit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GateTest {
  private static void assertParsed(
      String text, Metric metric, Relation relation, Scale scale, double limit, Unit unit) {
    Gate gate = Gate.parse(text);
    assertEquals(new Gate(text.strip(), metric, relation, scale, gate.limit(), unit), gate);
    assertEquals(limit, gate.limit(), 1e-15);
  }

  @Test
  void gatesAreParsed() {
    assertParsed("kld.mean<0.03", Metric.KLD_MEAN, Relation.BELOW, Scale.ABSOLUTE, 0.03, Unit.OWN);
    assertParsed(" top1 >= 9e-1 ", Metric.TOP1, Relation.ABOVE, Scale.ABSOLUTE, 0.9, Unit.OWN);
    assertParsed("ppl.ratio<+5%", Metric.PPL_RATIO, Relation.BELOW, Scale.BASELINE, 0.05, Unit.OWN);
    assertParsed("top1>-1%", Metric.TOP1, Relation.ABOVE, Scale.BASELINE, -0.01, Unit.OWN);
  }

  /// A number with a percent sign is percent, whatever the metric's unit; with a sign before it, it
  /// is a change from the baseline.
  @Test
  void percentIsPercent() {
    assertParsed("top1>90%", Metric.TOP1, Relation.ABOVE, Scale.ABSOLUTE, 0.9, Unit.OWN);
    assertParsed("top5 > 99.5 %", Metric.TOP5, Relation.ABOVE, Scale.ABSOLUTE, 0.995, Unit.OWN);
    assertParsed("top1>0.9%", Metric.TOP1, Relation.ABOVE, Scale.ABSOLUTE, 0.009, Unit.OWN);
    assertParsed("delta_p.rms<3%", Metric.DELTA_P_RMS, Relation.BELOW, Scale.ABSOLUTE, 3, Unit.OWN);
    assertParsed("delta_p.rms<3", Metric.DELTA_P_RMS, Relation.BELOW, Scale.ABSOLUTE, 3, Unit.OWN);
    assertParsed(
        "delta_p.rms<+3%", Metric.DELTA_P_RMS, Relation.BELOW, Scale.BASELINE, 0.03, Unit.OWN);
  }

  /// As the statistic of this name is.
  @Test
  void sameTopIsInPercent() {
    for (String text : new String[] {"same_top>90", "same_top>90%"}) {
      assertParsed(text, Metric.TOP1, Relation.ABOVE, Scale.ABSOLUTE, 0.9, Unit.PERCENT_OF_SHARE);
    }
    assertParsed(
        "same_top>-1%", Metric.TOP1, Relation.ABOVE, Scale.BASELINE, -0.01, Unit.PERCENT_OF_SHARE);
    assertEquals(90, Unit.PERCENT_OF_SHARE.of(0.9));
    assertEquals(0.9, Unit.OWN.of(0.9));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kld.mean|is not a gate",
        "kld.mean=3|is not a gate",
        "kld.mean<x|is not a gate",
        "kld.mean<1e|'1e' is not a number",
        "kld.mean<1e999|'1e999' is not a number",
        "kld.mena<1|'kld.mena' is not a metric (did you mean kld.mean?), expected one of kld.",
        "KLD_MEAN<1|'KLD_MEAN' is not a metric (did you mean kld.mean?)",
        "kld.p99<+5%|a quantile cannot be relative to a baseline",
        "kld.mean<5%|kld.mean is not in percent; write a sign for a change from the baseline's"
            + " value, for example kld.mean<+5%",
        "top1>-100%|a change is expected to be more than -100 %",
        "top1>90|a share is from 0 to 1, or in percent with %: for example top1>0.9 or top1>90%",
        "top1>101%|the limit is expected to be from 0 to 100 %",
        "top10>-0.1|a share is from 0 to 1",
        "same_top>0.9|same_top is in percent: write 90 for 90 %, or give a share with top1",
        "same_top>101|the limit is expected to be from 0 to 100 %"
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

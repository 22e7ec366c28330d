package dev.zonda.formats;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNameTest {
  private static final List<String> NAMES =
      List.of("kld.mean", "kld.p99", "ppl.ratio", "top1", "--tensors", "--tensor-type");

  @ParameterizedTest
  @CsvSource({
    "KLD_MEAN, kld.mean",
    "kldmean, kld.mean",
    "kld.maen, kld.mean",
    "kld, kld.mean",
    "ppl-ratio, ppl.ratio",
    "--tenors, --tensors",
    "--tensortype, --tensor-type",
    "top2, top1",
  })
  void slipsAreSeenThrough(String name, String meant) {
    assertEquals(Optional.of(meant), NearestName.meant(name, NAMES));
    assertEquals(
        " (did you mean " + meant + "?)", NearestName.question(NearestName.meant(name, NAMES)));
  }

  @ParameterizedTest
  @CsvSource({"perplexity", "x", "''", "--"})
  void whatIsFarFromAllIsNotMeant(String name) {
    assertEquals(Optional.empty(), NearestName.meant(name, NAMES));
    assertEquals("", NearestName.question(NearestName.meant(name, NAMES)));
  }

  @Test
  void longNamesAreComparedByTheirStart() {
    assertEquals(Optional.empty(), NearestName.meant("k".repeat(1_000_000), NAMES));
    assertEquals("top1", NearestName.of("top1".repeat(1_000_000), List.of("top1")));
  }
}

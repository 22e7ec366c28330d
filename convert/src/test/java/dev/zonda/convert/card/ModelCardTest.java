package dev.zonda.convert.card;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.zonda.convert.config.Notes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelCardTest {
  @Test
  void whatIsBelowTheFieldsIsPassedOver() {
    Notes notes = new Notes();
    String readme = "---\na: [x, [y, {z: 1}], w]\n? [k]\n: v\nb: {c: [1, [2]], d: e}\nf: g\n---\n";
    Map<String, CardValue> card = ModelCard.parse(readme, notes);
    assertEquals(
        new CardValue.Items(List.of(new CardValue.Text("x"), new CardValue.Text("w"))),
        card.get("a"));
    assertEquals(new CardValue.Fields(Map.of("d", "e")), card.get("b"));
    assertEquals(new CardValue.Text("g"), card.get("f"));
    assertEquals(List.of(), notes.list());
  }

  @Test
  void nestingTakesNoTime() {
    Notes notes = new Notes();
    String readme = "---\nlicense: " + "[".repeat(1_000_000) + "\n---\n";
    assertTimeoutPreemptively(Duration.ofSeconds(20), () -> ModelCard.parse(readme, notes));
    assertEquals(1, notes.list().size(), notes.list()::toString);
  }
}

package dev.zonda.quantize.pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NamePatternTest {
  private static boolean found(String pattern, String name) {
    return NamePattern.of(pattern).isFoundIn(name, new SearchEffort());
  }

  /// What C++ finds, asked of `std::regex_search`.
  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "attn_(q|k)\\.weight$ ! blk.0.attn_k.weight ! true",
        "attn_(q|k)\\.weight$ ! blk.0.attn_v.weight ! false",
        "ATTN_Q ! blk.0.attn_q.weight ! true",
        "attn_q ! blk.0.ATTN_Q.weight ! false",
        "^attn ! blk.0.attn_q.weight ! false",
        "blk\\.[0-2]\\. ! blk.3.attn_q.weight ! false",
        "blk\\.(1[0-9]|2)\\. ! blk.17.attn_q.weight ! true",
        "blk\\.\\d{2}\\. ! blk.7.attn_q.weight ! false",
        "blk\\.\\d{2,}\\. ! blk.123.attn_q.weight ! true",
        "k\\.1{1,2}\\. ! blk.111.x ! false",
        "\\bffn ! blk.0.ffn_up ! true",
        "\\Bffn ! blk.0.ffn_up ! true",
        "\\D{3} ! blk.123 ! true",
        "\\W ! ... ! false",
        "[^.]+\\.[^.]+$ ! a.b ! true",
        "[-a]b ! -b ! true",
        "[a-]b ! -b ! true",
        "[a\\]]b ! ]b ! true",
        "a]} ! a]} ! true",
        "[] ! x ! false",
        "x|[] ! x ! true",
        "a|  ! zzz ! true",
        "(a*)*b ! aaaac ! false",
        "(?:ab)+?c ! ababc ! true",
        "a{0}b ! b ! true"
      })
  void findsWhatTheReferenceFinds(String pattern, String name, boolean expected) {
    assertEquals(expected, found(pattern, name));
  }

  @Test
  void looksAhead() {
    assertTrue(found("blk\\.(?!0\\.)\\d+\\.ffn", "blk.10.ffn_up"));
    Assertions.assertFalse(found("blk\\.(?!0\\.)\\d+\\.ffn", "blk.0.ffn_up"));
    assertTrue(found("(?=.*down)(?=.*exps)blk", "blk.0.ffn_down_exps.weight"));
    Assertions.assertFalse(found("(?=.*down)(?=.*exps)blk", "blk.0.ffn_down.weight"));
    Assertions.assertFalse(found("^(?!(?!a)b|a)", "ab"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*a",
        "a(b",
        "a)b",
        "a[b",
        "a\\",
        "(a)\\1",
        "a{2",
        "a{2,1}",
        "{2}",
        "a{9999999999}",
        "[z-a]",
        "(?<x>a)",
        "(?i)a",
        "[[:alpha:]]",
        "\\x41",
        "a*****",
        "((a{100}){100}){100}",
        "((((){1000}){1000}){1000}){1000}",
        "^*"
      })
  void refusesWhatIsNoPattern(String pattern) {
    assertThrows(IllegalArgumentException.class, () -> NamePattern.of(pattern));
  }

  @Test
  void takesNoLongerForHostilePatterns() {
    String name = "a".repeat(60) + "b";
    for (String pattern :
        List.of("(a|aa)+$", "^(a*)*(a*)*$", "(.*)(.*)(.*)(.*)(.*)x", "(a+)+(?!b)x", "(a?){60}x")) {
      Assertions.assertTimeout(
          Duration.ofSeconds(5), () -> Assertions.assertFalse(found(pattern, name)));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> {
          SearchEffort effort = new SearchEffort();
          NamePattern pattern = NamePattern.of("((a|a)?){800}x");
          while (true) {
            pattern.isFoundIn("a".repeat(5000), effort);
          }
        });
    assertThrows(
        IllegalArgumentException.class, () -> NamePattern.of("(".repeat(1001) + ")".repeat(1001)));
    assertTrue(found("(".repeat(400) + "a" + ")".repeat(400), "a"));
  }

  /// Over the syntax that both have in common, Java's own search is the judge.
  @Test
  void agreesWithJavaOnRandomPatterns() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      String pattern = pattern(random, 3);
      String name =
          random
              .ints(random.nextInt(9), 'a', 'd')
              .collect(StringBuilder::new, (b, c) -> b.append((char) c), StringBuilder::append)
              .toString();
      assertEquals(
          Pattern.compile(pattern).matcher(name).find(),
          found(pattern, name),
          pattern + " in " + name);
    }
  }

  private static String pattern(Random random, int depth) {
    if (depth == 0) {
      return List.of("a", "b", "c", ".", "[ab]", "[^a]", "\\w", "(?=b)", "(?!b)")
          .get(random.nextInt(9));
    }
    return switch (random.nextInt(6)) {
      case 0 -> "(" + pattern(random, depth - 1) + "|" + pattern(random, depth - 1) + ")";
      case 1 ->
          "("
              + pattern(random, depth - 1)
              + ")"
              + List.of("*", "+", "?", "{2}", "{1,3}", "*?").get(random.nextInt(6));
      case 2 -> "^" + pattern(random, depth - 1);
      case 3 -> pattern(random, depth - 1) + "$";
      default -> pattern(random, depth - 1) + pattern(random, depth - 1);
    };
  }
}

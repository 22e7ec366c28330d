package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.testdata.TestData;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Results are read by programs: they are the same in every language. German has a decimal comma,
/// Turkish an I without a dot, Egypt's Arabic digits of its own.
class LocaleTest {
  private static final String MODEL = TestData.path("models/shakespeare-mistral").toString();
  private static final String TEXT =
      TestData.path("models/shakespeare-mistral.reference/text.txt").toString();
  private static final List<Locale> LOCALES =
      List.of(Locale.GERMANY, Locale.of("tr", "TR"), Locale.of("ar", "EG"));

  private static final Locale BEFORE = Locale.getDefault();

  @TempDir private static Path folder;

  @AfterEach
  void restoreLocale() {
    Locale.setDefault(BEFORE);
  }

  static Stream<List<String>> commands() {
    String file = folder.resolve("q4.gguf").toString();
    return Stream.of(
        List.of("convert", MODEL, "-t", "Q4_K_M", "-o", file, "--force", "--quiet", "--json"),
        List.of("inspect", file),
        List.of("inspect", MODEL, "--json"),
        List.of("convert", MODEL, "-t", "q4_k_m", "--dry-run"),
        List.of("quantize", file, "-t", "IQ4_XS", "--allow-requantize", "--dry-run"),
        List.of("split", file, "-o", "part", "--dry-run"),
        List.of("perplexity", file, "-f", TEXT, "--ctx", "64", "--chunks", "2"),
        List.of("compare", MODEL, file, "-f", TEXT, "--ctx", "64", "--chunks", "4"),
        List.of("imatrix", MODEL, "-f", TEXT, "--ctx", "64", "--chunks", "2", "--dry-run"),
        List.of("tokenize", MODEL, "To be, or not"),
        List.of("logits", MODEL, "--golden", golden()),
        List.of("families"),
        List.of("--help"));
  }

  private static String golden() {
    return TestData.path("models/shakespeare-mistral.reference/golden-logits.safetensors")
        .toString();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void resultsDoNotFollowTheLocale(List<String> command) {
    Locale.setDefault(Locale.ROOT);
    CliRun expected = withoutTimes(command);
    assertEquals(0, expected.exitCode(), expected.err());
    for (Locale locale : LOCALES) {
      Locale.setDefault(locale);
      assertEquals(expected, withoutTimes(command), locale.toString());
    }
  }

  private static CliRun withoutTimes(List<String> command) {
    CliRun run = CliRun.of(command.toArray(String[]::new));
    return new CliRun(
        run.exitCode(),
        run.out().replaceAll("(seconds\"? *:? *)[0-9.]+", "$1").replaceAll("[0-9.]+ s\\b", "s"),
        run.err());
  }
}

package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "convert m -t Q8_0 | convert m -t Q8_0",
        "--quiet convert m | convert --quiet m",
        "-q --json inspect m --tensors | inspect -q --json m --tensors",
        "--progress json convert m | convert --progress json m",
        "--progress=json convert m | convert --progress=json m",
        "--progress json | --progress json",
        "--progress | --progress",
        "--quiet | --quiet",
        "--version | --version",
        "--quiet --version | --version --quiet",
        "help | --help",
        "help convert | convert --help",
        "--help convert | convert --help",
        "-h convert | convert --help",
        "--quiet help convert | convert --help",
        "help convert inspect | convert --help",
        "help nonsense | nonsense --help",
        "--help --version | --help",
        "inspect help | inspect help",
        "inspect --quiet -- --json | inspect --quiet -- --json",
      })
  void commandsComeFirst(String given, String arranged) {
    assertEquals(List.of(arranged.split(" ")), Words.arranged(given.split(" ")));
  }

  @ParameterizedTest
  @CsvSource({"inspect", "split"})
  void helpOfACommandIsItsOwn(String command) {
    String expected = CliRun.of(command, "--help").out();
    assertEquals(expected, CliRun.of("help", command).out());
    assertEquals(expected, CliRun.of("--help", command).out());
    assertEquals(0, CliRun.of("help", command).exitCode());
  }
}

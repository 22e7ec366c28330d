package dev.zonda.cli;

import java.util.stream.Stream;

/// What the process tells its caller. The numbers are part of the command line's contract.
public enum ExitCode {
  /// All went well, and every gate passed.
  OK(0, "done, and every gate passed"),
  /// The work was done, but a gate such as `kld.mean<0.01` failed.
  GATE_FAILED(1, "a gate such as kld.mean<0.01 failed"),
  /// The command line is wrong, or the output exists and `--force` was not given.
  USAGE(2, "wrong command line, or the output exists and --force is missing"),
  /// An input file is missing, broken, or of a kind that zonda does not read.
  BAD_INPUT(3, "an input is missing, broken or of an unknown kind"),
  /// Reading or writing failed: permissions, a full disk, a device error.
  IO(4, "reading or writing failed"),
  /// The work was done, but the text is too short to tell whether a gate is kept.
  UNDECIDED(5, "a gate is undecided: the text is too short to tell"),
  /// An error in zonda itself (EX_SOFTWARE of sysexits.h).
  INTERNAL(70, "an error in zonda itself; --verbose shows where"),
  /// Stopped by Ctrl-C (128 + SIGINT).
  INTERRUPTED(130, "interrupted"),
  /// The reader of the results has stopped (128 + SIGPIPE).
  READER_GONE(141, "the reader of the results stopped reading, as head does"),
  /// Stopped by kill (128 + SIGTERM).
  TERMINATED(143, "terminated by kill");

  private final int number;
  private final String meaning;

  ExitCode(int number, String meaning) {
    this.number = number;
    this.meaning = meaning;
  }

  /// The code of a number that a command has returned.
  static ExitCode of(int number) {
    return Stream.of(values())
        .filter(code -> code.number == number)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no exit code has number " + number));
  }

  public int number() {
    return number;
  }

  /// A few words for the help text.
  public String meaning() {
    return meaning;
  }
}

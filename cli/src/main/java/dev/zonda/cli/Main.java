package dev.zonda.cli;

import dev.zonda.cli.options.Converters;
import dev.zonda.cli.render.SafeText;
import dev.zonda.cli.render.Screen;
import dev.zonda.cli.render.Streams;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The entry point: runs a command and turns the outcome into an exit code.
@Command(
    name = "zonda",
    header = {"Turns downloaded language models into compact GGUF files, and checks them.", ""},
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    optionListHeading = "%nOptions:%n",
    footer = {
      "",
      "Start with:    zonda demo",
      "Then:          zonda convert my-model/ -t Q4_K_M",
      "Help:          zonda help convert"
    })
public final class Main implements Runnable {
  /// How long Ctrl-C waits for the command to end by itself. After that the process ends, whatever
  /// the command is doing; shutdown hooks then remove its files.
  private static final long CLEANUP_MILLIS = 700;

  @Spec private CommandLine.Model.CommandSpec spec;

  private final Streams streams;

  private Main(Streams streams) {
    this.streams = streams;
  }

  public static void main(String... args) {
    CountDownLatch finished = new CountDownLatch(1);
    ProcessStreams process = ProcessStreams.open();
    PrintWriter err = process.streams().err();
    stopCleanlyOnSignal(Thread.currentThread(), finished, err);
    AtomicReference<Throwable> uncaught = new AtomicReference<>();
    Thread.setDefaultUncaughtExceptionHandler((_, thrown) -> uncaught.compareAndSet(null, thrown));
    int code = process.finished(run(process.streams(), args));
    finished.countDown();
    System.exit(uncaught.get() == null ? code : report(err, uncaught.get(), Traces.of(args)));
  }

  /// Runs a command in this process, as if neither stream were a terminal.
  ///
  /// @return the exit code
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    return run(new Streams(out, err, Screen.none(), Screen.none()), args);
  }

  /// Runs a command in this process.
  ///
  /// @return the exit code
  public static int run(Streams streams, String... args) {
    // Numbers and upper case are the same everywhere: results are read by programs.
    Locale.setDefault(Locale.ROOT);
    String[] words = Words.arranged(args).toArray(String[]::new);
    CommandLine commands = commandLine(streams, Commands.neededFor(words));
    int code;
    try {
      code = commands.execute(words);
    } catch (Error e) {
      // Picocli passes on exceptions only; running out of memory must end in one line, too.
      code = report(streams.err(), e, Traces.HIDDEN);
    }
    return streams.flush() || code != 0 ? code : ExitCode.IO.number();
  }

  /// The named commands as picocli sees them.
  static CommandLine commandLine(Streams streams, List<String> names) {
    CommandLine commands = new CommandLine(new Main(streams));
    Commands.add(names, commands);
    commands
        .setOut(streams.out())
        .setErr(streams.err())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(false)
        .setUsageHelpLongOptionsMaxWidth(28)
        .setAbbreviatedOptionsAllowed(false)
        .setExpandAtFiles(false)
        .setParameterExceptionHandler((e, line) -> misunderstood(streams, e, line))
        .setExecutionExceptionHandler((e, command, _) -> failed(streams, e, command));
    Converters.register(commands);
    HelpText.arrange(commands, streams.outScreen());
    return commands;
  }

  Streams streams() {
    return streams;
  }

  /// Without a command, only the list of commands can be shown.
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "the command is missing: name one of these");
  }

  private enum Traces {
    SHOWN,
    HIDDEN;

    /// For what happens outside of a command.
    static Traces of(String... args) {
      return List.of(args).contains("--verbose") ? SHOWN : HIDDEN;
    }
  }

  private static int failed(Streams streams, Exception e, CommandLine command) {
    if (e instanceof ParameterException usage) {
      return usageError(streams, usage);
    }
    boolean verbose = command.getCommand() instanceof ZondaCommand zonda && zonda.verbose();
    return report(streams.err(), e, verbose ? Traces.SHOWN : Traces.HIDDEN);
  }

  private static int report(PrintWriter err, Throwable thrown, Traces traces) {
    Failure failure = Failure.of(thrown);
    err.println("error: " + SafeText.line(failure.message()));
    if (traces == Traces.SHOWN) {
      thrown.printStackTrace(err);
    }
    err.flush();
    return failure.code().number();
  }

  private static int misunderstood(Streams streams, ParameterException e, String... arguments) {
    if (e.getCommandLine().getCommand() instanceof ZondaCommand command) {
      command.misunderstood(List.of(arguments), Misunderstanding.of(e));
    }
    return usageError(streams, e);
  }

  private static int usageError(Streams streams, ParameterException e) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = streams.err();
    err.println("error: " + SafeText.line(Misunderstanding.of(e)));
    if (command.getCommand() instanceof Main) {
      HelpText.printCommands(command, err, streams.errScreen());
      err.println();
    }
    err.println("Help: " + command.getCommandSpec().qualifiedName(" ") + " --help");
    err.flush();
    return ExitCode.USAGE.number();
  }

  /// Ctrl-C (and `kill`) interrupts the command and waits for it to remove its temporary files; the
  /// JVM then exits with 130 (143) by itself.
  private static void stopCleanlyOnSignal(
      Thread command, CountDownLatch finished, PrintWriter err) {
    Thread hook =
        new Thread(
            () -> {
              if (finished.getCount() == 0) {
                return;
              }
              command.interrupt();
              try {
                if (!finished.await(CLEANUP_MILLIS, TimeUnit.MILLISECONDS)) {
                  err.println("error: interrupted");
                  err.flush();
                }
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              }
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(hook);
  }
}

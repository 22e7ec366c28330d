package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.cli.render.Screen;
import dev.zonda.cli.render.Streams;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/// The examples in the help and in the documents run as they stand, by the real launcher.
class ExamplesIT {
  private static final Path HOME = TestData.path("models").getParent().getParent();
  private static final Path REFERENCE = TestData.path("models/shakespeare-mistral.reference");
  private static final Pattern LINE = Pattern.compile("(?m)^(?:  )?(?:\\./)?(zonda [a-z].*)$");

  @TempDir private static Path made;
  @TempDir private Path folder;

  /// Examples of one place, in their order.
  ///
  /// @param source a command's help, or a document
  record Examples(String source, List<String> lines) {
    @Override
    public String toString() {
      return source;
    }
  }

  @BeforeAll
  static void makeInputs() {
    String model = TestData.shakespeareMistral().toString();
    for (String type : List.of("auto", "Q8_0", "Q4_K_M")) {
      made("convert", model, "-t", type, "-o", made.resolve(type + ".gguf").toString());
    }
    made("split", made.resolve("auto.gguf") + "", "-o", made + "/model", "--max-tensors", "16");
  }

  private static void made(String... line) {
    CliRun run = CliRun.of(line);
    assertEquals(0, run.exitCode(), run.err());
  }

  static List<Examples> examples() throws IOException {
    List<Examples> all = new ArrayList<>();
    PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
    Streams streams = new Streams(nowhere, nowhere, Screen.none(), Screen.none());
    for (CommandLine command :
        Main.commandLine(streams, Commands.names()).getSubcommands().values()) {
      String footer =
          String.join("\n", command.getCommandSpec().usageMessage().footer()).formatted();
      all.add(new Examples(command.getCommandName(), lines(footer)));
    }
    try (Stream<Path> documents = Files.list(HOME.resolve("docs"))) {
      for (Path document :
          Stream.concat(Stream.of(HOME.resolve("README.md")), documents.sorted()).toList()) {
        List<String> lines = lines(Files.readString(document));
        if (!lines.isEmpty()) {
          all.add(new Examples(document.getFileName().toString(), lines));
        }
      }
    }
    return all;
  }

  /// Lines that go on with a backslash are one.
  private static List<String> lines(String text) {
    return LINE.matcher(text.replaceAll("\\\\\n\\s*", ""))
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  /// What the examples take for given.
  private void provide(String source) throws IOException {
    switch (source) {
      case "convert" -> model("my-model");
      case "quantize", "split" -> copy("auto.gguf", "model-BF16.gguf");
      case "merge" -> {
        for (int i = 1; i <= 3; i++) {
          String name = "model-0000%d-of-00003.gguf".formatted(i);
          copy(name, name);
        }
      }
      case "imatrix" -> {
        model("my-model");
        Files.copy(REFERENCE.resolve("imatrix.gguf"), folder.resolve("a.gguf"));
        Files.copy(REFERENCE.resolve("imatrix.gguf"), folder.resolve("b.gguf"));
      }
      case "inspect", "perplexity", "tokenize" -> {
        model("my-model");
        copy("Q8_0.gguf", "model.gguf");
        Files.writeString(folder.resolve("texts.json"), "[\"To be\", \"or not\"]");
      }
      case "compare" -> {
        model("my-model");
        copy("Q4_K_M.gguf", "model-Q4_K_M.gguf");
        copy("Q4_K_M.gguf", "a.gguf");
        copy("Q8_0.gguf", "b.gguf");
      }
      case "logits" -> {
        model("my-model");
        Files.copy(
            REFERENCE.resolve("golden-logits.safetensors"), folder.resolve("golden.safetensors"));
      }
      case "accuracy.md" -> {
        model("my-model");
        copy("Q4_K_M.gguf", "small.gguf");
      }
      case "tensor.md" -> model("Mistral-7B-v0.1");
      case "README.md" -> {
        model("my-model");
        model("Mistral-7B-v0.1");
      }
      case "demo", "families" -> {
        // They need nothing.
      }
      default -> throw new AssertionError(source + " is new: say what its examples need");
    }
    Files.copy(REFERENCE.resolve("text.txt"), folder.resolve("text.txt"));
  }

  private void model(String name) throws IOException {
    Files.createSymbolicLink(folder.resolve(name), TestData.shakespeareMistral());
  }

  private void copy(String from, String name) throws IOException {
    Files.copy(made.resolve(from), folder.resolve(name));
  }

  @ParameterizedTest
  @MethodSource("examples")
  void run(Examples examples) throws Exception {
    assertFalse(examples.lines().isEmpty(), "no examples");
    provide(examples.source());
    String script =
        "zonda() { echo \"$ $*\" >&2; \"$zonda\" \"$@\" </dev/null; }\nset -e\n"
            + String.join("\n", examples.lines());
    RealCommand.Result result = RealCommand.bash(folder, script).result();
    assertEquals(0, result.exitCode(), script + "\n" + result.err());
    assertFalse(result.err().contains("error: "), result.err());
  }

  @Test
  void everyCommandHasExamples() throws IOException {
    List<String> sources = examples().stream().map(Examples::source).toList();
    assertTrue(sources.containsAll(Commands.names()), sources.toString());
    assertTrue(sources.containsAll(List.of("README.md", "accuracy.md")), sources.toString());
  }
}

package dev.zonda.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The training run of the caches of classes: command lines as users type them, one after the other
/// in one process, on the model that comes with zonda.
///
/// The JVM keeps the classes that it has loaded and linked, and in ahead-of-time caches the
/// profiles of the methods that it has compiled. The build runs this; users do not.
final class Rehearsal {
  private static final String MODEL = "shakespeare-mistral";
  private static final String TEXT = MODEL + ".reference/text.txt";
  private static final String GOLDEN = MODEL + ".reference/golden-logits.safetensors";
  private static final String IMPORTANCE = MODEL + ".reference/imatrix.gguf";

  private final Path models;
  private final Path work;

  private Rehearsal(Path models, Path work) {
    this.models = models;
    this.work = work;
  }

  /// Takes the name of the cache, the folder of the bundled models, and a folder to write into.
  public static void main(String... args) throws IOException {
    List<List<String>> lines = lines(args[0], Path.of(args[1]), Path.of(args[2]));
    ProcessStreams process = ProcessStreams.open();
    for (List<String> line : lines) {
      int code = Main.run(process.streams(), line.toArray(String[]::new));
      if (code != 0) {
        throw new IOException("exit code " + code + " of zonda " + String.join(" ", line));
      }
    }
    System.exit(process.finished(0)); // as Main does: what this loads belongs in the cache, too
  }

  /// The command lines of a cache.
  ///
  /// @param models the bundled ones
  /// @param work folder to write into
  static List<List<String>> lines(String cache, Path models, Path work) {
    Rehearsal rehearsal = new Rehearsal(models, work);
    return switch (cache) {
      case "plain" -> rehearsal.plain();
      case "vector" -> rehearsal.vector();
      case "evaluation" -> rehearsal.evaluation();
      default -> throw new IllegalArgumentException("no cache is named " + cache);
    };
  }

  private List<List<String>> plain() {
    String model = models.resolve(MODEL).toString();
    String source = source();
    return List.of(
        List.of("convert", model, "-t", "BF16", "-o", source, "--force"),
        List.of("--version"),
        List.of("--help"),
        List.of("inspect", "--help"),
        List.of("inspect", source),
        List.of("inspect", source, "--tensors", "--metadata"),
        List.of("inspect", source, "--json"),
        List.of("inspect", model),
        List.of("inspect", model, "--json"),
        List.of("families"),
        List.of("quantize", source, "-t", "Q4_K_M", "--dry-run"),
        List.of("quantize", source, "-t", "IQ2_XXS", "--dry-run", "--imatrix", importance()),
        List.of("convert", model, "-t", "Q4_K_M", "--dry-run", "--json"),
        List.of("split", source, "-o", out("part"), "--max-tensors", "20"),
        List.of("merge", out("part-00001-of-00002.gguf"), "-o", out("whole.gguf")));
  }

  private List<List<String>> vector() {
    String model = models.resolve(MODEL).toString();
    String source = source();
    String small = out("small.gguf");
    return List.of(
        List.of("convert", model, "-t", "BF16", "-o", source, "--force"),
        List.of("quantize", source, "-t", "Q4_K_M", "-o", small, "--force"),
        List.of("quantize", source, "-t", "Q8_0", "-o", small, "--force"),
        List.of("quantize", source, "-t", "Q4_K_M", "-o", small, "--force", "--json"),
        List.of("tokenize", model, "To be, or not to be"),
        List.of("tokenize", small, "To be, or not to be"));
  }

  private List<List<String>> evaluation() {
    String model = models.resolve(MODEL).toString();
    String text = models.resolve(TEXT).toString();
    String small = out("small.gguf");
    return List.of(
        onShortText("perplexity", model, "-f", text),
        onShortText("perplexity", model, "-f", text, "--json"),
        List.of("convert", model, "-t", "Q4_K_M", "-o", small, "--force"),
        onShortText("perplexity", small, "-f", text),
        onShortText("compare", model, small, "-f", text),
        onShortText("compare", model, small, "-f", text, "--json"),
        onShortText("imatrix", small, "-f", text, "-o", out("imatrix.gguf"), "--force"),
        List.of("logits", model, "--golden", models.resolve(GOLDEN).toString()));
  }

  /// A command on the start of a text.
  private static List<String> onShortText(String... line) {
    return Stream.concat(Stream.of(line), Stream.of("--ctx", "128", "--chunks", "4")).toList();
  }

  private String importance() {
    return models.resolve(IMPORTANCE).toString();
  }

  private String source() {
    return out("source.gguf");
  }

  private String out(String name) {
    return work.resolve(name).toString();
  }
}

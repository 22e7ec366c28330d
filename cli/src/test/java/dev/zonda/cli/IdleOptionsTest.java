package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// No option is ignored without a word: what has no effect is an error where it never could have
/// one, and a line otherwise.
class IdleOptionsTest {
  private static final Path REFERENCE = TestData.path("models/shakespeare-mistral.reference");

  @TempDir private static Path folder;

  @BeforeAll
  static void makeInputs() throws IOException {
    String model = TestData.shakespeareMistral().toString();
    assertEquals(0, run("convert " + model + " -o source.gguf").exitCode());
    Files.writeString(
        folder.resolve("recipe"), "zonda_recipe: 1\nas_reference: true\ntype: Q8_0\n");
  }

  /// Runs a line in which files are in the test's folder.
  private static CliRun run(String line) {
    return CliRun.of(
        Stream.of(line.split(" "))
            .map(word ->
                switch (word) {
                  case "MODEL" -> TestData.shakespeareMistral().toString();
                  case "TEXT" -> REFERENCE.resolve("text.txt").toString();
                  case "IMATRIX" -> REFERENCE.resolve("imatrix.gguf").toString();
                  case "GOLDEN" -> REFERENCE.resolve("golden-logits.safetensors").toString();
                  default ->
                      word.matches("[a-z]+\\.gguf|recipe|out|o.xml")
                          ? folder.resolve(word).toString()
                          : word;
                })
            .toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "convert MODEL --pure | --pure has no effect without a type",
        "convert MODEL --allow-requantize | --allow-requantize has no effect without a type",
        "convert MODEL --imatrix IMATRIX | --imatrix has no effect without a type",
        "convert MODEL --leave-output-tensor | --leave-output-tensor has no effect without a type",
        "convert MODEL --tensor-type attn_v=Q8_0 | --tensor-type has no effect without a type",
        "convert MODEL -t auto --pure | --pure has no effect without a type",
        "convert MODEL -t Q8_0 --keep-split --split-max-size 2G | --keep-split cannot be combined",
        "convert source.gguf -t Q8_0 --as-reference | --as-reference applies to checkpoint",
        "convert source.gguf -t Q8_0 --no-as-reference | --as-reference applies to checkpoint",
        "convert source.gguf -t Q8_0 --mtp | --mtp applies to checkpoint folders only",
        "convert source.gguf -t Q8_0 --no-mtp | --no-mtp applies to checkpoint folders only",
        "convert source.gguf -t Q8_0 --pre-tokenizer gpt-2 | --pre-tokenizer applies to checkpoint",
        "convert source.gguf -t Q8_0 --model-name x | --model-name applies to checkpoint folders",
        "convert source.gguf -t Q8_0 --metadata x | --metadata applies to checkpoint folders",
        "convert source.gguf | is already a GGUF file: name the type",
        "convert source.gguf -t auto | type auto is for checkpoint folders",
        "quantize source.gguf -t Q8_0 --exclude-weights x | need an importance matrix",
        "convert MODEL -q -v | --quiet and --verbose cannot be combined",
        "perplexity MODEL -f TEXT --force | --force has no effect without",
        "imatrix MODEL -f TEXT --force --show-statistics | --force has no effect without",
        "imatrix MODEL -f TEXT --output-format dat --show-statistics | --output-format has no"
            + " effect",
        "imatrix --in-file IMATRIX --show-statistics --process-output | --process-output has no",
        "imatrix --in-file IMATRIX --show-statistics --threads 1 | --threads and --memory have",
        "imatrix --in-file IMATRIX --show-statistics --memory 1G | --threads and --memory have",
        "logits MODEL --golden GOLDEN --force | --force has no effect without",
        "logits MODEL --golden GOLDEN --last 3 | are for storing",
        "tokenize MODEL 1 --decode --add-special | --add-special has no effect",
        "quantize source.gguf --recipe - --tensor-type-file - | standard input can be read only",
        "convert MODEL --recipe /dev/stdin --metadata - | standard input can be read only once",
        "split source.gguf -o out --max-size 1G --max-tensors 3 | cannot be combined",
      })
  void whatNeverHasAnEffectIsAnError(String line, String message) {
    CliRun run = run(line);
    assertEquals(2, run.exitCode(), run.err());
    assertTrue(run.err().startsWith("error: "), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertEquals("", run.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quantize source.gguf -t Q8_0 --tensor-type ffn_dwon=Q6_K"
            + " | warning: the rule ffn_dwon=Q6_K applies to no tensor",
        "quantize source.gguf -t Q8_0 --tensor-type ffn=Q6_K --tensor-type ffn_up=Q4_K"
            + " | warning: the rule ffn_up=Q4_K applies to no tensor",
        "quantize source.gguf -t F16 --tensor-type ffn_up=Q4_K"
            + " | applies to no tensor: files of type F16 do not follow rules",
        "quantize source.gguf -t COPY --output-tensor-type Q8_0"
            + " | warning: the type of the output tensor changes nothing: it stays as it is",
        "quantize source.gguf -t COPY --token-embedding-type Q8_0"
            + " | warning: the type of the token embeddings changes nothing",
        "quantize source.gguf -t Q8_0 --leave-output-tensor --output-tensor-type F16"
            + " | warning: the type of the output tensor changes nothing: it stays as it is",
        "quantize source.gguf -t F16 --pure"
            + " | warning: --pure changes nothing: F16 is the same type for all tensors",
        "quantize source.gguf -t Q8_0 --imatrix IMATRIX"
            + " | warning: the importance matrix changes nothing",
        "quantize source.gguf -t Q4_0 --imatrix IMATRIX --exclude-weights attn_vv"
            + " | warning: the importance matrix has no weights for a tensor whose name",
        "convert MODEL --no-mtp | --no-mtp has no effect on layers that predict further tokens",
        "quantize source.gguf --recipe recipe | as_reference, mtp and pre_tokenizer of the recipe",
      })
  void whatHasNoEffectHereIsSaid(String line, String message) {
    CliRun run = run(line + " --dry-run");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
  }

  @ParameterizedTest
  @CsvSource({
    "quantize source.gguf -t Q4_0 --imatrix IMATRIX",
    "quantize source.gguf -t Q8_0 --tensor-type attn_v=Q6_K --output-tensor-type F16",
    "quantize source.gguf -t Q4_K_M --pure --token-embedding-type Q8_0 --leave-output-tensor",
    "convert MODEL -t COPY --override-kv general.name=str:x",
    "convert MODEL --output-tensor-type Q8_0 --prune-layers 1",
  })
  void whatHasAnEffectIsNotRemarkedOn(String line) {
    CliRun run = run(line + " --dry-run");
    assertEquals(0, run.exitCode(), run.err());
    assertEquals("", run.err());
  }

  @Test
  void moreChunksThanThereAreAreANote() {
    CliRun run = run("perplexity MODEL -f TEXT --ctx 64 --chunks 1000 --dry-run");
    assertEquals(
        "the text has only 152 chunks of 64 tokens, but --chunks asks for 1000: all of them are"
            + " used\n",
        run.err());
    assertEquals("", run("perplexity MODEL -f TEXT --ctx 64 --chunks 152 --dry-run").err());
  }

  @Test
  void contextsBeyondTheTrainedOneAreWarnedOf() {
    CliRun run = run("perplexity MODEL -f TEXT --ctx 2048 --dry-run");
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(
        ("warning: %s was trained with contexts of 1024 tokens: with --ctx 2048 its predictions"
                + " may be poor\n")
            .formatted(TestData.shakespeareMistral()),
        run.err());
    for (String command :
        new String[] {"compare MODEL source.gguf", "imatrix MODEL", "logits MODEL"}) {
      CliRun other = run(command + " -f TEXT --ctx 2048 --dry-run");
      assertEquals(0, other.exitCode(), other.err());
      assertTrue(other.err().startsWith("warning: "), other.err());
    }
    assertEquals("", run("perplexity MODEL -f TEXT --ctx 1024 --dry-run").err());
  }

  /// A text of one context has something to store, though nothing to measure on.
  @Test
  void storedLogitsNeedOneContextOfText() {
    CliRun one = run("logits MODEL -f TEXT --ctx 9762 --dry-run");
    assertEquals(0, one.exitCode(), one.err());
    assertTrue(one.out().contains("1 of 9762 tokens"), one.out());
    CliRun more = run("logits MODEL -f TEXT --ctx 9763 --dry-run");
    assertEquals(2, more.exitCode());
    assertTrue(more.err().contains("--ctx 9763 needs at least 9763"), more.err());
    assertEquals(2, run("perplexity MODEL -f TEXT --ctx 9762 --dry-run").exitCode());
  }

  @Test
  void longTolerancesNeedLongPositions() {
    CliRun run = run("logits MODEL --golden GOLDEN --long-tolerance 1");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.err().contains("--long-tolerance has no effect: no position is 1024 or later"));
    assertFalse(run("logits MODEL --golden GOLDEN --tolerance 1").err().contains("no effect"));
  }

  @Test
  void moreLastPositionsThanThereAreAreANote() {
    CliRun run = run("logits MODEL -f TEXT --ctx 64 --chunks 1 --last 65 --dry-run");
    assertEquals(
        "--last is 65, but a chunk has only 64 positions: all of them are stored\n", run.err());
  }
}

package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.cli.options.RecipeOptions;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import tools.jackson.databind.json.JsonMapper;

/// `--recipe` and `--save-recipe`, on both commands.
class RecipeTest {
  private static final List<String> ALL_OPTIONS =
      List.of(
          "--pure",
          "--allow-requantize",
          "--imatrix",
          TestData.path("models/shakespeare-mistral.reference/imatrix.gguf").toString(),
          "--exclude-weights",
          "ffn",
          "--fill-zero-weights",
          "--leave-output-tensor",
          "--output-tensor-type",
          "q8_0",
          "--token-embedding-type",
          "q5_1",
          "--tensor-type",
          "attn_(q|k)=q6_k",
          "--tensor-type",
          "ffn_up=f16",
          "--override-kv",
          "general.name=str:A \"name\", = and : in it",
          "--override-kv",
          "zonda.numbers=int32[]:[1, -2]",
          "--prune-layers",
          "2,1",
          "--nonfinite",
          "zero",
          "--keep-split");

  @TempDir private static Path shared;

  @TempDir private Path folder;

  private static Path source;
  private Path recipe;

  @BeforeAll
  static void convert() {
    source = shared.resolve("source.gguf");
    CliRun run =
        CliRun.of("convert", TestData.shakespeareMistral().toString(), "-o", source.toString());
    assertEquals(0, run.exitCode(), run.err());
  }

  @BeforeEach
  void nameRecipe() {
    recipe = folder.resolve("recipe");
  }

  private CliRun run(String command, Path output, List<String> options) {
    Path input = command.equals("convert") ? TestData.shakespeareMistral() : source;
    List<String> arguments = new ArrayList<>(List.of(command, input.toString(), "-o"));
    arguments.add(output.toString());
    arguments.addAll(options);
    return CliRun.of(arguments.toArray(String[]::new));
  }

  private CliRun quantize(String... options) {
    return run("quantize", folder.resolve("out.gguf"), List.of(options));
  }

  private TensorType typeOf(String tensor) throws IOException {
    try (GgufFile file = GgufFile.open(folder.resolve("out.gguf"))) {
      return file.find(tensor).orElseThrow().type();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"quantize", "convert"})
  void aSavedRecipeReproducesTheBytes(String command) throws IOException {
    Path first = folder.resolve("first.gguf");
    Path second = folder.resolve("second.gguf");
    List<String> options = new ArrayList<>(ALL_OPTIONS);
    options.addAll(List.of("-t", "q4_k_m", "--save-recipe", recipe.toString()));
    if (command.equals("convert")) {
      options.add("--as-reference");
    }
    CliRun saved = run(command, first, options);
    assertEquals(0, saved.exitCode(), saved.err());
    Path again = folder.resolve("again");
    CliRun reproduced =
        run(
            command,
            second,
            List.of("--recipe", recipe.toString(), "--save-recipe", again.toString()));
    assertEquals(0, reproduced.exitCode(), reproduced.err());
    assertEquals(-1, Files.mismatch(first, second));
    assertEquals(Files.readString(recipe), Files.readString(again));
    try (GgufFile file = GgufFile.open(second)) {
      assertEquals(OptionalLong.of(2), file.metadata().integer("llama.block_count"));
      assertEquals(Optional.of("A \"name\", = and : in it"), file.metadata().text("general.name"));
      assertEquals(TensorType.BF16, file.find("output.weight").orElseThrow().type());
      assertEquals(TensorType.F16, file.find("blk.0.ffn_up.weight").orElseThrow().type());
    }
  }

  /// The options of the two mixins of a recipe, but for those that name the recipe itself, and one
  /// of each pair that excludes another or says the same from a file.
  @Test
  void theOptionsHereAreAll() {
    CommandSpec convert = CommandsTest.spec("convert");
    Set<String> expected =
        convert.mixins().values().stream()
            .filter(mixin -> mixin.userObject() instanceof RecipeOptions)
            .flatMap(mixin -> mixin.options().stream())
            .map(OptionSpec::longestName)
            .collect(Collectors.toCollection(TreeSet::new));
    expected.removeAll(
        Set.of("--recipe", "--save-recipe", "--include-weights", "--tensor-type-file"));
    Set<String> tried =
        ALL_OPTIONS.stream()
            .filter(option -> option.startsWith("--"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(expected, tried);
  }

  @Test
  void theSavedFileHoldsEveryOption() throws IOException {
    List<String> options = new ArrayList<>(ALL_OPTIONS);
    options.addAll(List.of("-t", "q4_k_m", "--as-reference", "--save-recipe", recipe.toString()));
    assertEquals(0, run("convert", folder.resolve("out.gguf"), options).exitCode());
    String expected =
        """
        {"zonda_recipe": 1, "type": "Q4_K_M", "pure": true, "allow_requantize": true,
         "imatrix": "%s", "exclude_weights": ["ffn"], "fill_zero_weights": true,
         "leave_output_tensor": true,
         "output_tensor_type": "Q8_0", "token_embedding_type": "Q5_1",
         "tensor_types": ["attn_(q|k)=Q6_K", "ffn_up=F16"],
         "override_kv": ["general.name=str:A \\"name\\", = and : in it",
                         "zonda.numbers=int32[]:[1, -2]"],
         "prune_layers": [1, 2], "nonfinite": "zero", "keep_split": true, "as_reference": true}
        """
            .formatted(ALL_OPTIONS.get(3));
    JsonMapper json = JsonMapper.shared();
    assertEquals(json.readTree(expected), json.readTree(Files.readString(recipe)));
  }

  @Test
  void yamlSaysTheSame() throws IOException {
    Files.writeString(
        recipe,
        """
        # How we make our small files
        zonda_recipe: 1
        type: Q4_K_M
        pure: true
        output_tensor_type: "q8_0"
        tensor_types:
          - attn_(q|k)=q6_k
          - 'ffn_up=f16'
        prune_layers: [2, 3]
        """);
    assertEquals(0, quantize("--recipe", recipe.toString()).exitCode());
    Path byOptions = folder.resolve("options.gguf");
    CliRun run =
        run(
            "quantize",
            byOptions,
            List.of(
                "-t Q4_K_M --pure --output-tensor-type q8_0 --tensor-type attn_(q|k)=q6_k"
                    .concat(" --tensor-type ffn_up=f16 --prune-layers 2,3")
                    .split(" ")));
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(-1, Files.mismatch(folder.resolve("out.gguf"), byOptions));
  }

  @Test
  void optionsOfTheCommandLineWin() throws IOException {
    Files.writeString(
        recipe,
        """
        {"zonda_recipe": 1, "type": "Q8_0", "pure": true, "leave_output_tensor": true,
         "token_embedding_type": "F16", "tensor_types": ["attn_q=Q5_0", "attn_k=Q5_0"],
         "override_kv": ["general.name=str:recipe", "a.b=int:1"], "prune_layers": [0]}
        """);
    CliRun run =
        quantize(
            "--recipe",
            recipe.toString(),
            "-t",
            "Q4_K_M",
            "--no-pure",
            "--no-leave-output-tensor",
            "--token-embedding-type",
            "Q4_0",
            "--tensor-type",
            "attn_q=Q5_1",
            "--override-kv",
            "general.name=str:options",
            "--prune-layers",
            "3");
    assertEquals(0, run.exitCode(), run.err());
    assertEquals(TensorType.Q6_K, typeOf("output.weight"));
    assertEquals(TensorType.Q4_0, typeOf("token_embd.weight"));
    assertEquals(TensorType.Q5_1, typeOf("blk.0.attn_q.weight"));
    assertEquals(TensorType.Q5_0, typeOf("blk.0.attn_k.weight"));
    try (GgufFile file = GgufFile.open(folder.resolve("out.gguf"))) {
      assertEquals(Optional.of("options"), file.metadata().text("general.name"));
      assertEquals(OptionalLong.of(1), file.metadata().integer("a.b"));
      assertEquals(OptionalLong.of(15), file.metadata().integer("general.file_type"));
      assertEquals(OptionalLong.of(3), file.metadata().integer("llama.block_count"));
    }
  }

  @Test
  void aRecipeIsNotOverwritten() throws IOException {
    Files.writeString(recipe, "precious");
    CliRun run = quantize("-t", "Q8_0", "--save-recipe", recipe.toString());
    assertEquals(2, run.exitCode(), run.err());
    assertEquals("precious", Files.readString(recipe));
    assertFalse(Files.exists(folder.resolve("out.gguf")));
    assertEquals(
        0, quantize("-t", "Q8_0", "--save-recipe", recipe.toString(), "--force").exitCode());
    assertTrue(Files.readString(recipe).contains("\"type\" : \"Q8_0\""), Files.readString(recipe));
  }

  @Test
  void aTypeMustBeSaidSomewhere() throws IOException {
    assertEquals(2, quantize().exitCode());
    Files.writeString(recipe, "zonda_recipe: 1");
    CliRun run = quantize("--recipe", recipe.toString());
    assertEquals(2, run.exitCode());
    assertTrue(run.err().contains("name the type to quantize to with -t"), run.err());
    Files.writeString(
        recipe,
        "{zonda_recipe: 1, type: auto}".replace("{", "").replace(", ", "\n").replace("}", ""));
    assertEquals(2, quantize("--recipe", recipe.toString()).exitCode());
    CliRun converted =
        run("convert", folder.resolve("c.gguf"), List.of("--recipe", recipe.toString()));
    assertEquals(0, converted.exitCode(), converted.err());
  }

  static Stream<Arguments> brokenRecipes() {
    String v = "zonda_recipe: 1\n";
    return Stream.of(
        Arguments.of("", "zonda_recipe"),
        Arguments.of("[]", "is not a recipe"),
        Arguments.of("text", "is not a recipe"),
        Arguments.of("type: Q8_0", "zonda_recipe is missing, expected 1"),
        Arguments.of("zonda_recipe: 2", "zonda_recipe is 2, expected 1"),
        Arguments.of("zonda_recipe: '1'", "zonda_recipe is \"1\", expected a whole number"),
        Arguments.of("zonda_recipe: 99999999999", "expected a whole number"),
        Arguments.of(v + "tipe: Q8_0", "unknown field 'tipe', known are allow_requantize"),
        Arguments.of(v + "type: Q9", "type: unknown file type 'Q9'"),
        Arguments.of(v + "type: [Q8_0]", "type is a list or an object, expected a string"),
        Arguments.of(v + "type: 8", "type is 8, expected a string"),
        Arguments.of(v + "pure: yes", "pure is \"yes\", expected true or false"),
        Arguments.of(v + "pure: null", "pure is null, expected true or false"),
        Arguments.of(v + "pure: true\npure: false", "'pure' twice"),
        Arguments.of(
            v + "tensor_types: attn=Q8_0", "tensor_types is \"attn=Q8_0\", expected a list"),
        Arguments.of(v + "tensor_types: [1]", "tensor_types is 1, expected a string"),
        Arguments.of(v + "tensor_types: ['(=Q8_0']", "tensor_types: pattern '('"),
        Arguments.of(v + "tensor_types: ['a=Q9']", "tensor_types: unknown tensor type 'Q9'"),
        Arguments.of(v + "output_tensor_type: Q4_K_M", "output_tensor_type: unknown tensor type"),
        Arguments.of(v + "override_kv: ['a']", "override_kv: "),
        Arguments.of(
            v + "prune_layers: [-1]", "prune_layers is -1, expected a whole number of at least 0"),
        Arguments.of(v + "prune_layers: 1", "prune_layers is 1, expected a list"),
        Arguments.of(v + "fill_zero_weights: 1", "fill_zero_weights is 1, expected true or false"),
        Arguments.of(v + "keep_split: 1", "keep_split is 1, expected true or false"),
        Arguments.of(
            v + "nonfinite: maybe", "nonfinite: 'maybe' is not one of fail, zero and keep"),
        Arguments.of(v + "type: !!java.net.URL [x]", "YAML"),
        Arguments.of(v + "type: !!str x", "has a YAML tag"),
        Arguments.of(v + "a: &a [x]\nb: *a", "anchor"),
        Arguments.of(v + "? [a]\n: b", "key"),
        Arguments.of(v + "---\n" + v, "more than one"),
        Arguments.of("a: 'b", "broken YAML"),
        Arguments.of("\ta: b", "broken YAML"),
        Arguments.of("a: \u001b[2J\u0007", "broken YAML"),
        Arguments.of("[".repeat(100_000), "nested deeper"),
        Arguments.of("a: ".repeat(1000), "broken YAML"),
        Arguments.of("- ".repeat(100_000), "nested deeper"),
        Arguments.of("{\"a\":".repeat(100_000), "broken JSON"),
        Arguments.of("{\"zonda_recipe\":1,\"pure\":true,\"pure\":true}", "broken JSON"),
        Arguments.of("{\"zonda_recipe\":1} {}", "broken JSON"),
        Arguments.of("{\"zonda_recipe\":1,", "broken JSON"),
        Arguments.of("{\"zonda_recipe\":1.0}", "zonda_recipe is 1.0"),
        Arguments.of("{\"zonda_recipe\":" + "9".repeat(1000) + "}", "broken JSON"),
        Arguments.of("{\"zonda_recipe\":1,\"\\u001b[2J\":1}", "unknown field '?[2J'"),
        Arguments.of("#".repeat((1 << 20) + 1), "has more than 1.00 MiB"),
        Arguments.of(
            "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]",
            "anchor"));
  }

  @ParameterizedTest
  @MethodSource("brokenRecipes")
  void aBrokenRecipeIsOneLine(String text, String message) throws IOException {
    Files.writeString(recipe, text);
    CliRun run =
        assertTimeout(
            Duration.ofSeconds(10), () -> quantize("-t", "Q8_0", "--recipe", recipe.toString()));
    assertEquals(3, run.exitCode(), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().startsWith("error: " + recipe + ": "), run.err());
    assertTrue(run.err().contains(message), run.err());
    assertFalse(run.err().contains("\u001b"), run.err());
    assertFalse(Files.exists(folder.resolve("out.gguf")));
  }

  @Test
  void aRecipeThatIsMissingOrNoTextIsBadInput() throws IOException {
    assertEquals(3, quantize("--recipe", recipe.toString()).exitCode());
    assertEquals(3, quantize("--recipe", folder.toString()).exitCode());
    Files.write(recipe, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    CliRun run = quantize("--recipe", recipe.toString());
    assertEquals(3, run.exitCode());
    assertTrue(run.err().contains("is not a UTF-8 text"), run.err());
  }

  /// The number of steps is bounded, and the same on every machine.
  @Test
  @Tag("slow")
  void costlyPatternsStopTheRun() throws IOException {
    StringBuilder rules =
        new StringBuilder("{\"zonda_recipe\":1,\"type\":\"Q8_0\",\"tensor_types\":[");
    rules.append("\"(.?){0,900}x$=Q8_0\",".repeat(2000));
    Files.writeString(recipe, rules.append("\"x=Q8_0\"]}"));
    CliRun run = quantize("--recipe", recipe.toString());
    assertEquals(3, run.exitCode(), run.err());
    assertTrue(run.err().contains("take too long to search for: give fewer or simpler"), run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertFalse(Files.exists(folder.resolve("out.gguf")));
  }
}

package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Respelling.Stored;
import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.FormatException;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/// One checkpoint in many spellings becomes one file.
class SpellingsTest {
  private static final Map<String, UnaryOperator<Map<String, Stored>>> FORMS =
      Map.of(
          "bare",
          Respelling::bare,
          "base",
          tensors -> Respelling.withoutHead(Respelling.bare(tensors)),
          "fused",
          Respelling::fused,
          "fused_base",
          tensors -> Respelling.withoutHead(Respelling.bare(Respelling.fused(tensors))));

  @TempDir private Path temp;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bloom",
        "deepseek_v2_lite",
        "deepseek_v3_fp8",
        "falcon11b",
        "falcon40b",
        "falcon7b",
        "gemma2",
        "gemma3",
        "gemma3_vision",
        "gpt2",
        "gpt_neo",
        "gpt_neox",
        "gpt_oss",
        "llama3",
        "llama4",
        "llama_ct_int4",
        "llama_gptq",
        "ministral3",
        "mistral3",
        "mistral4",
        "mistral_nemo",
        "mixtral",
        "mpt",
        "phi3",
        "qwen2",
        "qwen2_moe",
        "qwen3",
        "qwen3_moe",
        "phi2",
        "phimoe",
        "phi4_vision",
        "starcoder",
        "starcoder2",
        "baichuan2",
        "orion",
        "xverse",
        "codeshell",
        "refact",
        "jais",
        "jais2",
        "rugpt3xl"
      })
  void namesNeedNoPrefix(String model) throws Exception {
    assertEquals(
        converted(model, UnaryOperator.identity(), Fidelity.CORRECTED),
        converted(model, Respelling::bare, Fidelity.CORRECTED));
  }

  @ParameterizedTest
  @CsvSource({
    "bloom, BloomModel",
    "deepseek_v2_lite, DeepseekV2Model",
    "deepseek_v3, DeepseekV3Model",
    "falcon40b, FalconModel",
    "gemma2, Gemma2Model",
    "gemma3, Gemma3TextModel",
    "gemma3_vision, Gemma3Model",
    "gpt2, GPT2Model",
    "gpt_neo, GPTNeoModel",
    "gpt_neox, GPTNeoXModel",
    "gpt_oss, GptOssModel",
    "llama3, LlamaModel",
    "llama4, Llama4TextModel",
    "ministral3, Mistral3Model",
    "mistral4, Mistral3Model",
    "mistral_nemo, MistralModel",
    "mixtral, MixtralModel",
    "mpt, MptModel",
    "phi3, Phi3Model",
    "qwen2, Qwen2Model",
    "qwen2_moe, Qwen2MoeModel",
    "qwen3, Qwen3Model",
    "qwen3_moe, Qwen3MoeModel",
    "phi2, PhiModel",
    "phimoe, PhimoeModel",
    "starcoder, GPTBigCodeModel",
    "starcoder2, Starcoder2Model",
    "baichuan2, BaichuanModel",
    "orion, OrionModel",
    "xverse, XverseModel",
    "codeshell, CodeShellModel",
    "refact, GPTRefactModel",
    "jais, JAISModel",
    "jais2, Jais2Model",
    "rugpt3xl, RuGPT3XLModel"
  })
  void classesWithoutOutputMatrixAreOfTheFamily(String model, String name) throws Exception {
    String complete = converted(model, Respelling::withoutHead, Fidelity.CORRECTED);
    Path folder = temp.resolve("base").resolve(model);
    Respelling.write(model, folder, FORMS.get("base"));
    rename(folder, name);
    assertEquals(complete, converted(folder, Fidelity.CORRECTED));
  }

  @ParameterizedTest
  @ValueSource(strings = {"deepseek_v2_lite", "deepseek_v3", "mixtral", "qwen2_moe", "qwen3_moe"})
  void expertsMayBeFused(String model) throws Exception {
    String plain = converted(model, UnaryOperator.identity(), Fidelity.CORRECTED);
    assertEquals(plain, converted(model, Respelling::fused, Fidelity.CORRECTED));
    assertEquals(
        plain,
        converted(
            model, tensors -> Respelling.bare(Respelling.fused(tensors)), Fidelity.CORRECTED));
    assertEquals(
        plain,
        converted(
            model,
            tensors ->
                Respelling.renamed(
                    Respelling.fused(tensors),
                    name -> name.replaceFirst("(experts\\.\\w+_proj)$", "$1.weight")),
            Fidelity.CORRECTED));
  }

  @ParameterizedTest
  @ValueSource(strings = {"_orig_mod.", "module.", "_fsdp_wrapped_module.", "module._orig_mod."})
  void modulesOfTrainingToolsAreLeftOutOfNamesWithANote(String wrapper) throws Exception {
    UnaryOperator<Map<String, Stored>> wrapped =
        tensors -> Respelling.renamed(tensors, name -> wrapper + name);
    assertEquals(
        converted("llama3", UnaryOperator.identity(), Fidelity.CORRECTED),
        converted("llama3", wrapped, Fidelity.CORRECTED));
    Path folder = temp.resolve("noted").resolve("llama3");
    Respelling.write("llama3", folder, wrapped);
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      assertTrue(
          model.notes().stream().anyMatch(note -> note.contains("which added to their names")),
          model.notes().toString());
    }
  }

  @ParameterizedTest
  @CsvSource({"qwen3_moe", "mixtral"})
  void oneLayerInTwoSpellingsIsAnError(String model) throws IOException {
    Path folder = temp.resolve(model);
    Respelling.write(
        model,
        folder,
        tensors -> {
          Map<String, Stored> both = new TreeMap<>(tensors);
          both.putAll(Respelling.fused(tensors));
          return both;
        });
    FormatException problem =
        assertThrows(
            FormatException.class, () -> Conversion.open(folder, ConversionOptions.DEFAULT));
    assertTrue(
        problem.getMessage().contains("the same weights in two spellings")
            || problem.getMessage().contains("appears twice, under two names"),
        problem.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"model.norm.weight, norm.weight", "model.norm.weight, _orig_mod.model.norm.weight"})
  void oneTensorUnderTwoNamesIsAnError(String name, String other) throws IOException {
    Path folder = temp.resolve("llama3");
    Respelling.write(
        "llama3",
        folder,
        tensors -> {
          Map<String, Stored> both = new TreeMap<>(tensors);
          both.put(other, tensors.get(name));
          return both;
        });
    FormatException problem =
        assertThrows(
            FormatException.class, () -> Conversion.open(folder, ConversionOptions.DEFAULT));
    assertTrue(problem.getMessage().contains("appears twice"), problem.getMessage());
  }

  static Stream<Arguments> references() throws IOException {
    return JsonMapper.shared()
        .readTree(Files.readString(TestData.path("families/spellings.json")))
        .valueStream()
        .map(spelling ->
            Arguments.of(
                spelling.path("model").stringValue(),
                spelling.path("form").stringValue(),
                spelling.path("class").stringValue(""),
                spelling.path("sha256").stringValue()));
  }

  /// Where the reference converts a spelling, its order of tensors follows from the stored names.
  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("references")
  void hasTheReferencesBytes(String model, String form, String name, String sha256)
      throws Exception {
    Path folder = temp.resolve(form).resolve(model);
    Respelling.write(model, folder, FORMS.get(form));
    if (!name.isEmpty()) {
      rename(folder, name);
    }
    assertEquals(sha256, converted(folder, Fidelity.AS_REFERENCE));
  }

  private static void rename(Path folder, String name) throws IOException {
    Path config = folder.resolve("config.json");
    String text = Files.readString(config);
    Matcher classes = Pattern.compile("(\"architectures\":\\s*\\[\\s*)\"\\w+\"").matcher(text);
    assertTrue(classes.find(), text);
    Files.writeString(config, classes.replaceFirst("$1\"" + name + "\""));
  }

  private int folders;

  private String converted(
      String model, UnaryOperator<Map<String, Stored>> names, Fidelity fidelity) throws Exception {
    // The last name is the model's, and is written.
    Path folder = temp.resolve(Integer.toString(folders++)).resolve(model);
    Respelling.write(model, folder, names);
    return converted(folder, fidelity);
  }

  private static String converted(Path folder, Fidelity fidelity) throws Exception {
    Path file = folder.resolveSibling("out.gguf");
    try (Blueprint blueprint =
        Conversion.open(folder, new ConversionOptions(OutputType.AUTO, fidelity))) {
      TestConversion.write(blueprint, file);
    }
    return TestConversion.sha256(file);
  }
}

package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Respelling.Stored;
import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What else lies in a folder: other weights, files of other tools, files of no concern.
class FolderFilesTest {
  private static final String UNUSED = "files of the folder that are not used: ";

  @TempDir private Path temp;
  private Path folder;

  @BeforeEach
  void writeFolder() throws IOException {
    folder = temp.resolve("qwen3");
    Respelling.write("qwen3", folder, UnaryOperator.identity());
  }

  @Test
  void numberedFilesNeedNoIndex() throws Exception {
    String plain = converted(Fidelity.CORRECTED);
    String reference = converted(Fidelity.AS_REFERENCE);
    split(Respelling.read(folder));
    assertEquals(plain, converted(Fidelity.CORRECTED));
    assertEquals(reference, converted(Fidelity.AS_REFERENCE));
  }

  @Test
  void indexBesideAnotherFileIsTheReferences() throws Exception {
    Map<String, Stored> tensors = Respelling.read(folder);
    String single = converted(Fidelity.CORRECTED);
    String others = "\u0001\u0002".repeat(tensors.get("model.norm.weight").values().length / 2);
    Map<String, Stored> changed = new TreeMap<>(tensors);
    changed.computeIfPresent(
        "model.norm.weight",
        (name, norm) ->
            new Stored(norm.type(), norm.shape(), others.getBytes(StandardCharsets.ISO_8859_1)));
    Respelling.write(folder.resolve("changed.safetensors"), changed);
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        tensors.keySet().stream()
            .map(name -> "\"%s\":\"changed.safetensors\"".formatted(name))
            .collect(Collectors.joining(",", "{\"weight_map\":{", "}}")));
    assertEquals(single, converted(Fidelity.CORRECTED));
    assertTrue(
        notes().contains(UNUSED + "changed.safetensors, model.safetensors.index.json"),
        notes().toString());
    String reference = converted(Fidelity.AS_REFERENCE);
    Files.delete(folder.resolve("model.safetensors"));
    assertEquals(reference, converted(Fidelity.AS_REFERENCE));
    assertTrue(!reference.equals(single));
  }

  @Test
  void whatIsNotUsedIsNamedUnlessItCannotMatter() throws IOException {
    assertEquals(List.of(), unused());
    for (String name :
        List.of(
            "LICENSE",
            "USE_POLICY.md",
            ".gitattributes",
            "thumb.PNG",
            "trainer_state.json",
            "optimizer.pt",
            "preprocessor_config.json",
            "merges.txt",
            "qwen3-Q8_0.gguf")) {
      Files.writeString(folder.resolve(name), "");
    }
    Files.createDirectory(folder.resolve(".git"));
    Files.createDirectory(folder.resolve("assets"));
    assertEquals(List.of(), unused());
    Files.writeString(folder.resolve("adapter_model.safetensors"), "");
    Files.writeString(folder.resolve("consolidated.safetensors"), "");
    Files.writeString(folder.resolve("model.fp16.safetensors"), "");
    Files.writeString(folder.resolve("modeling_own.py"), "");
    Files.createDirectory(folder.resolve("onnx"));
    assertEquals(
        List.of(
            UNUSED
                + "adapter_model.safetensors, consolidated.safetensors, model.fp16.safetensors,"
                + " modeling_own.py, onnx/"),
        unused());
    for (int i = 0; i < 1000; i++) {
      Files.writeString(folder.resolve("z" + i), "");
    }
    assertTrue(unused().getFirst().endsWith(", z0, z1, z10 and 997 more"), unused().toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model.layers.0.self_attn.q_proj.scales model.layers.0.self_attn.q_proj.biases | is in MLX's format",
        "model.layers.0.mlp.switch_mlp.up_proj.weight | is in MLX's format",
        "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight | is part of a LoRA adapter",
        "model.layers.0.self_attn.q_proj.q_groups | is in EXL2's format",
        "model.layers.0.self_attn.q_proj.trellis | is in EXL3's format",
        "model.layers.0.self_attn.q_proj.weight.absmax | is in bitsandbytes' format",
        "model.layers.0.self_attn.q_proj.SCB | is in bitsandbytes' format",
        "model.layers.0.self_attn.q_proj.qweight | quantization_config is missing, but tensor",
        "model.layers.0.self_attn.q_proj.weight_packed | quantization_config is missing, but",
      })
  void weightsOfOtherToolsAreNamed(String names, String message) throws IOException {
    Map<String, Stored> tensors = Respelling.read(folder);
    for (String name : names.split(" ", -1)) {
      tensors.put(name, new Stored(TensorType.U8, Shape.of(1), new byte[1]));
    }
    Files.delete(folder.resolve("model.safetensors"));
    Respelling.write(folder.resolve("model.safetensors"), tensors);
    requireProblem(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"quantize_config.json", "quant_config.json", "hf_quant_config.json"})
  void separateDescriptionsOfQuantizedWeightsAreNamed(String file) throws IOException {
    Map<String, Stored> tensors = Respelling.read(folder);
    tensors.put("a.qweight", new Stored(TensorType.I32, Shape.of(1), new byte[4]));
    Files.delete(folder.resolve("model.safetensors"));
    Respelling.write(folder.resolve("model.safetensors"), tensors);
    Files.writeString(folder.resolve(file), "{\"bits\": 4}");
    requireProblem(file + ": describes the quantized weights ('a.qweight'), as older tools");
  }

  @Test
  void embeddingModelsHaveTheirPooling() throws Exception {
    pooling("{\"pooling_mode_mean_tokens\": false, \"pooling_mode_lasttoken\": true}", "");
    for (Fidelity fidelity : Fidelity.values()) {
      converted(fidelity);
      try (GgufFile written = GgufFile.open(temp.resolve("out.gguf"))) {
        assertEquals(
            new MetadataValue.Uint32(3),
            written.metadata().get("qwen3.pooling_type").orElseThrow());
        List<String> keys = List.copyOf(written.metadata().entries().keySet());
        assertEquals("general.file_type", keys.get(keys.indexOf("qwen3.pooling_type") - 1));
      }
    }
    pooling("{\"pooling_mode\": \"mean\"}", "");
    assertEquals("1", pooled());
    pooling("{\"pooling_mode_cls_token\": true}", "");
    assertEquals("2", pooled());
    pooling("{\"pooling_mode\": \"max\"}", "");
    assertEquals("none", pooled());
    assertTrue(notes().toString().contains("names no pooling that GGUF knows"));
    pooling(
        "{\"pooling_mode\": \"mean\"}",
        ", {\"path\": \"2_Dense\", \"type\": \"sentence_transformers.models.Dense\"}");
    assertTrue(notes().toString().contains("module '2_Dense' (Dense) is left out"));
    Files.delete(folder.resolve("1_Pooling/config.json"));
    requireProblem("modules.json: names the file 1_Pooling/config.json, which is missing");
  }

  @Test
  void rerankersNeedTheirWords() throws IOException {
    Files.writeString(folder.resolve("README.md"), "# Qwen3-Reranker-0.6B\n");
    requireProblem("is a reranker by its name or README.md, but its vocabulary has no token 'yes'");
  }

  private String pooled() throws IOException {
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      var mode = model.metadata().integer("qwen3.pooling_type");
      return mode.isPresent() ? Long.toString(mode.getAsLong()) : "none";
    }
  }

  private void pooling(String config, String more) throws IOException {
    Files.createDirectories(folder.resolve("1_Pooling"));
    Files.writeString(folder.resolve("1_Pooling/config.json"), config);
    Files.writeString(
        folder.resolve("modules.json"),
        """
        [{"path": "", "type": "sentence_transformers.models.Transformer"},
         {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
         {"path": "3_Normalize", "type": "sentence_transformers.models.Normalize"}%s]
        """
            .formatted(more));
  }

  /// Two files with the even and the odd tensors.
  private void split(Map<String, Stored> tensors) throws IOException {
    Map<String, Stored> first = new TreeMap<>();
    Map<String, Stored> second = new TreeMap<>();
    // By name, so that the tensors' order stays the same.
    tensors.forEach((name, tensor) ->
        (name.compareTo("model.layers.1") < 0 ? first : second).put(name, tensor));
    Files.delete(folder.resolve("model.safetensors"));
    Respelling.write(folder.resolve("model-00001-of-00002.safetensors"), first);
    Respelling.write(folder.resolve("model-00002-of-00002.safetensors"), second);
  }

  private List<String> notes() throws IOException {
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      return model.notes();
    }
  }

  private List<String> unused() throws IOException {
    return notes().stream().filter(note -> note.startsWith(UNUSED)).toList();
  }

  private String converted(Fidelity fidelity) throws Exception {
    Path file = temp.resolve("out.gguf");
    try (Blueprint model =
        Conversion.open(folder, new ConversionOptions(OutputType.AUTO, fidelity))) {
      TestConversion.write(model, file);
    }
    return TestConversion.sha256(file);
  }

  private void requireProblem(String message) {
    FormatException problem =
        assertThrows(
            FormatException.class, () -> Conversion.open(folder, ConversionOptions.DEFAULT));
    assertTrue(problem.getMessage().contains(message), problem.getMessage());
    assertEquals(1, problem.getMessage().lines().count());
  }
}

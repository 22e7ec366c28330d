package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A folder tells as much about itself as the file that it becomes; and so does a part of a model.
class InspectFoldersTest {
  @TempDir private Path folder;

  private static JsonNode inspected(Path path) {
    CliRun run = CliRun.of("inspect", path.toString(), "--json");
    assertEquals(0, run.exitCode(), run.err());
    assertEquals("", run.err());
    return JsonMapper.shared().readTree(run.out());
  }

  private Path converted(Path model) {
    Path file = folder.resolve("out.gguf");
    CliRun run = CliRun.of("convert", model.toString(), "-o", file.toString(), "--force");
    assertEquals(0, run.exitCode(), run.err());
    return file;
  }

  /// Packed integers, scales and zeros are not what people mean by parameters.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama_gptq | GPTQ, 4 bits, groups of 32",
        "llama_ct_int4 | compressed-tensors, pack-quantized, 4 bits, groups of 32",
        "mistral4_fp8 | FP8",
        "deepseek_v3_fp8 | FP8, blocks of 48 x 56",
        "gpt_oss | MXFP4",
      })
  void quantizedFoldersCountWhatTheyStandFor(String family, String method) throws IOException {
    Path model = folder.resolve(family);
    SeededCheckpoint.writeNetwork(family, model);
    JsonNode found = inspected(model);
    JsonNode expected = inspected(converted(model));
    assertEquals(method, found.path("quantization").stringValue());
    assertEquals(
        expected.path("parameters").longValue(), found.path("parameters").longValue(), family);
    double stored = 0;
    for (JsonNode type : found.path("types")) {
      stored += type.path("bytes").doubleValue();
    }
    assertEquals(
        8 * stored / expected.path("parameters").doubleValue(),
        found.path("bits_per_weight").doubleValue(),
        1e-9);
    CliRun table = CliRun.of("inspect", model.toString());
    assertTrue(table.out().contains("quantized        " + method + "\n"), table.out());
  }

  @Test
  void vocabulariesOfFoldersAreThoseOfTheirFiles() throws IOException {
    for (String family : new String[] {"llama_gptq", "qwen2", "gemma3", "falcon7b"}) {
      Path model = folder.resolve("as-" + family);
      SeededCheckpoint.write(family, model);
      JsonNode found = inspected(model).path("tokenizer");
      assertEquals(inspected(converted(model)).path("tokenizer"), found, family);
      assertTrue(found.path("tokens").longValue() > 0, found.toString());
    }
    Path bundled = TestData.shakespeareMistral();
    JsonNode found = inspected(bundled).path("tokenizer");
    assertEquals(
        "[model, pre_tokenizer, tokens, special_tokens, chat_template]",
        found.propertyNames().toString());
    assertEquals("llama", found.path("model").stringValue());
    assertEquals(
        "{\"role\":\"BOS\",\"id\":1,\"text\":\"<s>\"}", found.at("/special_tokens/0").toString());
    String table = CliRun.of("inspect", bundled.toString()).out();
    assertTrue(table.contains("\ntokenizer        llama, default\n"), table);
    assertTrue(table.contains("\nspecial tokens   BOS 1 '<s>', EOS 2 '</s>'"), table);
    int template = found.path("chat_template").stringValue().length();
    assertTrue(table.contains("\nchat template    " + template + " characters\n"), table);
  }

  @Test
  void templatesOfFoldersAreShown() throws IOException {
    Path model = folder.resolve("model");
    SeededCheckpoint.write("qwen2", model);
    Path config = model.resolve("tokenizer_config.json");
    ObjectNode changed = (ObjectNode) JsonMapper.shared().readTree(Files.readString(config));
    Files.writeString(config, changed.put("chat_template", "{{ messages }}").toString());
    JsonNode found = inspected(model).path("tokenizer");
    assertEquals("{{ messages }}", found.path("chat_template").stringValue());
    String table = CliRun.of("inspect", model.toString()).out();
    assertTrue(table.contains("\nchat template    14 characters\n"), table);
    Files.writeString(config, changed.remove(List.of("chat_template")).toString());
    String without = CliRun.of("inspect", model.toString()).out();
    assertTrue(without.contains("\nchat template    none\n"), without);
  }

  /// Whoever wonders why a folder cannot be converted looks at it.
  @Test
  void whatCannotBeConvertedIsShownAsItIsStored() throws IOException {
    Path model = folder.resolve("model");
    SeededCheckpoint.write("qwen2", model);
    Path config = model.resolve("config.json");
    Files.writeString(
        config, Files.readString(config).replace("Qwen2ForCausalLM", "StrangeForCausalLM"));
    CliRun run = CliRun.of("inspect", model.toString());
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(
        run.err()
            .startsWith("the folder is shown as it is stored, because it cannot be converted: "),
        run.err());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.out().contains("StrangeForCausalLM"), run.out());
    assertTrue(run.out().contains("\nparameters "), run.out());
  }

  /// A file of a split model is a file, too.
  @Test
  void partsOfSplitModelsAreShownAlone() throws IOException {
    Path whole = converted(TestData.shakespeareMistral());
    CliRun split =
        CliRun.of("split", whole.toString(), "-o", folder + "/part", "--max-tensors", "16");
    assertEquals(0, split.exitCode(), split.err());
    Path first = folder.resolve("part-00001-of-00003.gguf");
    Path second = folder.resolve("part-00002-of-00003.gguf");
    assertTrue(inspected(first).path("part").isMissingNode());
    assertEquals(39, inspected(first).path("tensors").size());
    JsonNode alone = inspected(second);
    assertEquals("{\"number\":2,\"of\":3}", alone.path("part").toString());
    assertEquals(16, alone.path("tensors").size());
    assertEquals(Files.size(second), alone.path("bytes").longValue());
    String table = CliRun.of("inspect", second.toString()).out();
    assertTrue(
        table.contains("\npart             file 2 of 3 of a split model; the others are missing\n"),
        table);
    Files.delete(second);
    assertEquals("{\"number\":1,\"of\":3}", inspected(first).path("part").toString());
    Path renamed = Files.move(first, folder.resolve("renamed.gguf"));
    assertEquals(1, inspected(renamed).at("/part/number").intValue());
  }
}

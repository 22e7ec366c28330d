package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.families.Families;
import dev.zonda.convert.rules.Family;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Tiny checkpoints of every family against the whole files of the reference's converter.
class FamiliesTest {
  @TempDir private Path temp;

  static Stream<Arguments> references() throws IOException {
    return json(TestData.path("families/reference.json")).properties().stream()
        .flatMap(model ->
            model.getValue().properties().stream()
                .map(type ->
                    Arguments.of(model.getKey(), type.getKey(), type.getValue().stringValue())));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("references")
  void writesTheReferencesBytes(String model, String type, String sha256) throws Exception {
    Path folder = temp.resolve(model);
    SeededCheckpoint.write(model, folder);
    OutputType output = type.equals("f32") ? OutputType.F32 : OutputType.AUTO;
    Path file = temp.resolve("out.gguf");
    try (Blueprint blueprint =
        Conversion.open(folder, new ConversionOptions(output, Fidelity.AS_REFERENCE))) {
      TestConversion.write(blueprint, file);
    }
    assertEquals(
        sha256,
        TestConversion.sha256(file),
        "%s as %s; docs/families.md, Adding a family, says how to find the difference"
            .formatted(model, type));
  }

  /// Each name in the list leads to tables of its own.
  @Test
  void noFamilyIsListedTwice() {
    List<Family> all = Families.all();
    assertEquals(all.size(), Set.copyOf(all).size());
  }

  @Test
  void noTwoFamiliesClaimAClassUnlessTheirModelTypesDiffer() {
    Set<String> seen = new HashSet<>();
    for (Family family : Families.all()) {
      for (String name : Families.classes(family)) {
        if (family.needsModelType()) {
          family.modelTypes().forEach(type -> assertTrue(seen.add(name + " " + type), name));
        } else {
          String files = family.condition().map(condition -> condition.meaning()).orElse("");
          assertTrue(seen.add(name + files), name);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"MixtralForCausalLM\" | \"Mixtral2ForCausalLM\" | nearest is 'MixtralForCausalLM'",
        "\"num_local_experts\": 8 | \"num_local_experts\": 7 | belongs to expert 7, but config.json says num_local_experts = 7",
        "\"num_local_experts\": 8 | \"num_local_experts\": 9 | has shape [8, 256], but config.json says [num_local_experts",
        "\"num_hidden_layers\": 2 | \"num_hidden_layers\": 3 | layers.2.input_layernorm.weight' is missing",
        "\"num_hidden_layers\": 2 | \"num_hidden_layers\": 1 | belongs to layer 1, but config.json has num_hidden_layers 1",
        "\"vocab_size\": 384 | \"vocab_size\": 385 | but config.json says [vocab_size, hidden_size]",
      })
  void contradictionsAreErrorsByName(String found, String replaced, String message)
      throws IOException {
    Path folder = temp.resolve("mixtral");
    SeededCheckpoint.write("mixtral", folder);
    edit(folder, found, replaced);
    FormatException problem =
        assertThrows(
            FormatException.class, () -> Conversion.open(folder, ConversionOptions.DEFAULT));
    assertTrue(problem.getMessage().contains(message), problem.getMessage());
    assertEquals(1, problem.getMessage().lines().count());
  }

  @ParameterizedTest
  @CsvSource({
    "experts.9.w1.weight, 'belongs to expert 9, but config.json says num_local_experts = 8'",
    "experts.7.w4.weight, 'is unknown in the Mixtral family, and no tensor is left out silently'",
    "rotary_emb.inv_freq, 'tensor ''model.layers.1.block_sparse_moe.experts.7.w1.weight'' is missing'"
  })
  void oneExpertUnderAnotherNameIsAnErrorByName(String end, String message) throws IOException {
    Path folder = temp.resolve("mixtral");
    SeededCheckpoint.write("mixtral", folder);
    String name = "experts.7.w1.weight";
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().contains(".safetensors")).toList()) {
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        String renamed =
            text.replace("layers.1.block_sparse_moe." + name, "layers.1.block_sparse_moe." + end);
        Files.writeString(file, renamed, StandardCharsets.ISO_8859_1);
      }
    }
    FormatException problem =
        assertThrows(
            FormatException.class, () -> Conversion.open(folder, ConversionOptions.DEFAULT));
    assertTrue(problem.getMessage().contains(message), problem.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"tie_word_embeddings\": false | \"tie_word_embeddings\": true | lm_head.weight differs from",
        "\"rope_theta\": 1000000.0 | \"rope_theta\": 1e6, \"rope_parameters\": {\"rope_theta\": 5e5} "
            + "| rope_theta is 500000.0 in rope_parameters, but 1000000.0 in config.json",
        "\"rope_theta\": 1000000.0 | \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2},"
            + " \"rope_parameters\": {\"factor\": 4} | factor is 2.0 in rope_scaling, but 4.0 in",
        "\"rope_theta\": 1000000.0 | \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2},"
            + " \"rope_parameters\": {\"rope_type\": \"yarn\"}"
            + " | the type is \"linear\" in rope_scaling, but \"yarn\" in rope_parameters",
        "\"rope_theta\": 1000000.0 | \"rope_parameters\": {\"rope_type\": \"linear\","
            + " \"type\": \"yarn\", \"factor\": 4} | the type is \"linear\" in rope_parameters.rope_type",
        "\"rope_theta\": 1000000.0 | \"rope_scaling\": {\"type\": \"linear\", \"factor\": 2,"
            + " \"bend\": 3} | fields that are not read, though they could change the network: rope_scaling.bend",
      })
  void contradictionsThatCanBeDecidedAreNotes(String found, String replaced, String note)
      throws IOException {
    Path folder = temp.resolve("mixtral");
    SeededCheckpoint.write("mixtral", folder);
    edit(folder, found, replaced);
    try (Blueprint blueprint = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      assertTrue(
          blueprint.notes().stream().anyMatch(line -> line.contains(note)),
          blueprint.notes().toString());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "falcon11b, falcon.rope.freq_base, 500042.0",
    "mistral4, mistral4.attention.temperature_scale, 0.1",
    "mistral4, mistral4.attention.temperature_length, 16",
    "mixtral, llama.attention.sliding_window, 4096"
  })
  void writesWhatTheReferenceDropsAndSaysSo(String model, String key, String value)
      throws IOException {
    Path folder = temp.resolve(model);
    SeededCheckpoint.write(model, folder);
    try (Blueprint blueprint = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      String found =
          blueprint
              .metadata()
              .get(key)
              .map(written ->
                  switch (written) {
                    case MetadataValue.Float32(float number) -> Float.toString(number);
                    case MetadataValue.Uint32(long number) -> Long.toString(number);
                    default -> "neither";
                  })
              .orElse("missing");
      assertEquals(value, found);
      assertTrue(
          blueprint.notes().stream().anyMatch(note -> note.contains("(--as-reference)")),
          blueprint.notes().toString());
    }
    ConversionOptions asReference = new ConversionOptions(OutputType.AUTO, Fidelity.AS_REFERENCE);
    try (Blueprint blueprint = Conversion.open(folder, asReference)) {
      assertTrue(blueprint.metadata().get(key).isEmpty());
    }
  }

  @Test
  void anUnknownFamilyIsSaidBeforeWeightsAreLookedAt() throws IOException {
    Path folder = temp.resolve("mixtral");
    SeededCheckpoint.write("mixtral", folder);
    edit(folder, "\"MixtralForCausalLM\"", "\"Mixtral2ForCausalLM\"");
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().contains(".safetensors")).toList()) {
        Files.delete(file);
      }
    }
    FormatException problem =
        assertThrows(
            FormatException.class, () -> Conversion.open(folder, ConversionOptions.DEFAULT));
    assertTrue(
        problem.getMessage().contains("nearest is 'MixtralForCausalLM'"), problem.getMessage());
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2, '2 tensors ''*.attn.bias'' are left out: a buffer, which follows from the configuration'",
    "gpt_neox, 'is in rope_parameters, where llama.cpp''s converter does not look: it fails'"
  })
  void whatTheReferenceFailsOnIsSaid(String model, String note) throws IOException {
    Path folder = temp.resolve(model);
    SeededCheckpoint.write(model, folder);
    if (model.equals("gpt_neox")) {
      edit(
          folder,
          "\"rotary_pct\"",
          "\"rope_parameters\": {\"partial_rotary_factor\": 0.25}, \"x\"");
    }
    try (Blueprint blueprint = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      assertTrue(
          blueprint.notes().stream().anyMatch(line -> line.contains(note)),
          blueprint.notes().toString());
    }
  }

  @Test
  void gptNeoHasTheLayoutOfTheDocumentation() throws IOException {
    Path folder = temp.resolve("gpt_neo");
    SeededCheckpoint.write("gpt_neo", folder);
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      Metadata metadata = model.metadata();
      assertEquals(Optional.of("gptneo"), metadata.text("general.architecture"));
      assertEquals(OptionalLong.of(2), metadata.integer("gptneo.block_count"));
      assertEquals(OptionalLong.of(128), metadata.integer("gptneo.context_length"));
      assertEquals(OptionalLong.of(256), metadata.integer("gptneo.feed_forward_length"));
      assertEquals(OptionalDouble.of(1), metadata.number("gptneo.attention.scale"));
      assertEquals(OptionalLong.of(16), metadata.integer("gptneo.attention.sliding_window"));
      assertEquals(
          Optional.of(List.of(new MetadataValue.Bool(false), new MetadataValue.Bool(true))),
          metadata.array("gptneo.attention.sliding_window_pattern"));
      assertEquals(4 + 2 * 13, model.tensors().size());
      String docs = Files.readString(TestData.path("../docs/formats.md"));
      for (var tensor : model.tensors()) {
        String name = tensor.name().replaceFirst("blk\\.\\d\\.(attn_[kv]\\.weight)", "$1");
        String stem = name.replaceFirst("\\.\\d\\.", ".N.").replaceFirst("\\.bias$", ".weight");
        assertTrue(docs.contains("`" + stem + "`"), stem);
      }
    }
  }

  private static void edit(Path folder, String found, String replaced) throws IOException {
    Path file = folder.resolve("config.json");
    String text = Files.readString(file);
    assertTrue(text.contains(found), found);
    Files.writeString(file, text.replace(found, replaced));
  }

  private static JsonNode json(Path file) throws IOException {
    return JsonMapper.shared().readTree(Files.readString(file));
  }
}

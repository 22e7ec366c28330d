package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.FormatException;
import dev.zonda.testdata.SeededCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// LFM2 as retrievers have it: the class without an output matrix, what follows the network, and
/// what config.json may not say of layers.
class Lfm2ModelTest {
  private static final ConversionOptions REFERENCE =
      new ConversionOptions(OutputType.AUTO, Fidelity.AS_REFERENCE);

  @TempDir private Path temp;
  private Path folder;

  @BeforeEach
  void write() throws IOException {
    folder = temp.resolve("model");
    SeededCheckpoint.write("lfm2_bare", folder);
    Files.createDirectories(folder.resolve("1_Pooling"));
    Files.writeString(folder.resolve("1_Pooling/config.json"), "{\"pooling_mode\": \"cls\"}");
  }

  private void modules(String type, String path) throws IOException {
    Files.writeString(
        folder.resolve("modules.json"),
        """
        [{"path": "", "type": "sentence_transformers.models.Transformer"},
         {"path": "%s", "type": "sentence_transformers.models.%s"}]
        """
            .formatted(path, type));
  }

  private OptionalLong pooling(ConversionOptions options) throws IOException {
    try (Blueprint model = Conversion.open(folder, options)) {
      return model.metadata().integer("lfm2.pooling_type");
    }
  }

  @Test
  void theReferenceWritesItsPooling() throws IOException {
    modules("Pooling", "1_Pooling");
    assertEquals(OptionalLong.of(2), pooling(ConversionOptions.DEFAULT));
    assertEquals(OptionalLong.of(2), pooling(REFERENCE));
    set("architectures", "[\"Lfm2ForCausalLM\"]");
    assertEquals(OptionalLong.of(2), pooling(ConversionOptions.DEFAULT));
    assertEquals(OptionalLong.empty(), pooling(REFERENCE));
  }

  @Test
  void theMatrixBehindTheNetworkIsLeftOut() throws IOException {
    modules("Dense", "1_Dense");
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      assertTrue(
          model.notes().stream().anyMatch(note -> note.contains("matrix of '1_Dense' is left out")),
          () -> model.notes().toString());
    }
    requireProblem(REFERENCE, "leave out --as-reference");
  }

  @Test
  void networksThatSeeLaterTokensAreRefused() throws IOException {
    set("architectures", "[\"Lfm2BidirectionalModel\"]");
    requireProblem(ConversionOptions.DEFAULT, "is 'Lfm2BidirectionalModel'");
  }

  @Test
  void layersAreSaidOnce() throws IOException {
    set("layer_types", "[\"conv\"]");
    requireProblem(ConversionOptions.DEFAULT, "is for 1 layers, but the model has 6");
    set("layer_types", types("conv", "full_attention"));
    assertEquals(List.of(), notesOfLayers());
    set("full_attn_idxs", "[2]");
    assertEquals(
        List.of("full_attn_idxs is [2]: layers with attention are [2, 4]"), notesOfLayers());
    set("layer_types", types("sliding_attention", "full_attention"));
    requireProblem(ConversionOptions.DEFAULT, "holds 'sliding_attention', expected");
  }

  @Test
  void layersBeyondTheTensorsAreNotCounted() throws IOException {
    set("num_hidden_layers", "2000000000");
    requireProblem(
        ConversionOptions.DEFAULT,
        "'model.layers.6.operator_norm.weight' is missing; the LFM2 family needs it");
  }

  private List<String> notesOfLayers() throws IOException {
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      return model.notes().stream().filter(note -> note.contains("layers with")).toList();
    }
  }

  private static String types(String usual, String other) {
    return "[\"%1$s\", \"%1$s\", \"%2$s\", \"%1$s\", \"%2$s\", \"%1$s\"]".formatted(usual, other);
  }

  private void set(String field, String value) throws IOException {
    Path config = folder.resolve("config.json");
    ObjectNode fields = (ObjectNode) JsonMapper.shared().readTree(Files.readString(config));
    fields.set(field, JsonMapper.shared().readTree(value));
    Files.writeString(config, fields.toString());
  }

  private void requireProblem(ConversionOptions options, String expected) {
    FormatException thrown =
        assertThrows(FormatException.class, () -> Conversion.open(folder, options).close());
    assertTrue(thrown.getMessage().contains(expected), thrown::getMessage);
  }
}

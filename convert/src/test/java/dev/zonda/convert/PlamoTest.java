package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.FormatException;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class PlamoTest {
  /// Of what the reference's converter, as it is, makes of the folder in F32.
  private static final String HASH =
      "00f933466a8a59cc63cc4bd14b0822b5481b28131276cf748731d3ff25ede16f";

  @TempDir private Path temp;

  /// The only numbers that the converter has are those of the published model.
  @Tag("slow")
  @Test
  void publishedWidthIsTheReferences() throws IOException, NoSuchAlgorithmException {
    Path folder = temp.resolve("plamo_13b");
    String config =
        config(
            Map.of(
                "hidden_size", 5120,
                "intermediate_size", 16,
                "n_shared_head", 8,
                "num_attention_heads", 40,
                "num_hidden_layers", 1,
                "num_key_value_heads", 40));
    String layer = " model.layers.layers.0.";
    List<String> tensors =
        Stream.of(
                "384,5120 lm_head.weight",
                "384,5120 model.embed_tokens.weight",
                "16,5120" + layer + "mlp.gate_proj.weight",
                "16,5120" + layer + "mlp.up_proj.weight",
                "5120,16" + layer + "mlp.down_proj.weight",
                "5120" + layer + "norm.weight",
                "640,5120" + layer + "self_attn.k_proj.weight",
                "5120,5120" + layer + "self_attn.o_proj.weight",
                "5120,5120" + layer + "self_attn.q_proj.weight",
                "640,5120" + layer + "self_attn.v_proj.weight",
                "5120 model.norm.weight")
            .map(tensor -> "model.safetensors BF16 " + tensor)
            .toList();
    SeededCheckpoint.write("plamo", config, tensors, folder);
    Path file = temp.resolve("plamo.gguf");
    try (Blueprint model =
        Conversion.open(folder, new ConversionOptions(OutputType.F32, Fidelity.AS_REFERENCE))) {
      TestConversion.write(model, file);
    }
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
    assertEquals(HASH, HexFormat.of().formatHex(digest));
  }

  @Test
  void unlikeNumbersOfHeadsAreRefused() throws IOException {
    Path folder = temp.resolve("plamo");
    SeededCheckpoint.write("plamo", folder);
    Files.writeString(folder.resolve("config.json"), config(Map.of("n_shared_head", 3)));
    FormatException problem =
        assertThrows(
            FormatException.class, () -> Conversion.open(folder, ConversionOptions.DEFAULT));
    assertTrue(
        problem.getMessage().contains("n_shared_head is 3, which does not divide"),
        problem.getMessage());
  }

  private static String config(Map<String, Integer> fields) throws IOException {
    Path file = TestData.path("families/plamo/config.json");
    ObjectNode config = (ObjectNode) JsonMapper.shared().readTree(Files.readString(file));
    fields.forEach(config::put);
    return config.toString();
  }
}

package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.testdata.SeededCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Where llama.cpp's converter (the reference) and the models of ChatGLM and GLM 4 part.
class ChatGlmTest {
  private static final String BEGINNING = "tokenizer.ggml.document_prefix_token_ids";

  @TempDir private Path temp;

  private Blueprint open(Path folder, Fidelity fidelity) throws IOException {
    return Conversion.open(folder, new ConversionOptions(OutputType.F32, fidelity));
  }

  private Path folder(String name) throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.write(name, folder);
    return folder;
  }

  private static void edit(Path file, String found, String replaced) throws IOException {
    String text = Files.readString(file);
    assertTrue(text.contains(found), found);
    Files.writeString(file, text.replace(found, replaced));
  }

  @Test
  void sizesAreThoseOfTransformers() throws IOException {
    Path folder = folder("glm");
    try (Blueprint model = open(folder, Fidelity.CORRECTED)) {
      assertSizes(131072, 5e6, 1.5625e-7, model.metadata());
    }
    try (Blueprint model = open(folder, Fidelity.AS_REFERENCE)) {
      assertSizes(64, 10000, 1e-5, model.metadata());
    }
  }

  private static void assertSizes(long length, double base, double epsilon, Metadata metadata) {
    assertEquals(OptionalLong.of(length), metadata.integer("chatglm.context_length"));
    assertEquals(OptionalDouble.of(base), metadata.number("chatglm.rope.freq_base"));
    assertEquals(
        OptionalDouble.of((float) epsilon),
        metadata.number("chatglm.attention.layer_norm_rms_epsilon"));
    assertEquals(OptionalLong.of(8), metadata.integer("chatglm.rope.dimension_count"));
  }

  @Test
  void theReferenceTakesNoListOfRanks() throws IOException {
    Path folder = folder("glm4_remote");
    FormatException refused =
        assertThrows(FormatException.class, () -> open(folder, Fidelity.AS_REFERENCE));
    assertTrue(refused.getMessage().contains("is a list of ranks"), refused.getMessage());
  }

  @Test
  void theReferenceTakesPiecesOfOneModelOnly() throws IOException {
    Path folder = folder("chatglm3");
    edit(folder.resolve("config.json"), "THUDM/chatglm3-6b", "THUDM/chatglm2-6b");
    FormatException refused =
        assertThrows(FormatException.class, () -> open(folder, Fidelity.AS_REFERENCE));
    assertTrue(refused.getMessage().contains("_name_or_path"), refused.getMessage());
    try (Blueprint model = open(folder, Fidelity.CORRECTED)) {
      assertEquals(Optional.of("chatglm-spm"), model.metadata().text("tokenizer.ggml.pre"));
    }
  }

  @ParameterizedTest
  @CsvSource({"chatglm3, 385, 387", "glm4_remote, 302, 304"})
  void twoTokensBeginATextAsInThePublishedTokenizers(String name, int first, int second)
      throws IOException {
    try (Blueprint model = open(folder(name), Fidelity.CORRECTED)) {
      assertEquals(
          Optional.of(List.of(new MetadataValue.Int32(first), new MetadataValue.Int32(second))),
          model.metadata().array(BEGINNING));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "multi_query_attention, true, false",
    "rmsnorm, true, false",
    "post_layer_norm, true, false",
    "add_bias_linear, false, true",
    "apply_residual_connection_post_layernorm, false, true"
  })
  void otherNetworksAreRefused(String field, boolean published, boolean other) throws IOException {
    Path folder = folder("chatglm3");
    String said = "\"%s\": ".formatted(field);
    edit(folder.resolve("config.json"), said + published, said + other);
    FormatException refused =
        assertThrows(FormatException.class, () -> open(folder, Fidelity.CORRECTED));
    assertTrue(refused.getMessage().contains(field), refused.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"300, 299", "300, 320"})
  void aSpecialTokenOutsideOfTheVocabularyIsRefused(String found, String replaced)
      throws IOException {
    Path folder = folder("glm4_remote");
    edit(
        folder.resolve("tokenizer_config.json"),
        "\"%s\":{".formatted(found),
        "\"%s\":{".formatted(replaced));
    FormatException refused =
        assertThrows(FormatException.class, () -> open(folder, Fidelity.CORRECTED));
    assertTrue(refused.getMessage().contains("as " + replaced), refused.getMessage());
  }
}

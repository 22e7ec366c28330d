package dev.zonda.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Models;
import dev.zonda.convert.tokenizers.Tokenizer;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.FileType;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The statistics of the trained model against what the reference finds: in full precision, and for
/// each file type with exact activations (`accuracy_exact` in reference.json).
class AccuracyTest {
  private static final String REFERENCE = "models/shakespeare-mistral.reference/";
  private static final int CONTEXT = 256;

  /// Every type that needs no importance matrix.
  private static final List<FileType> TYPES =
      List.of(
          FileType.F16,
          FileType.BF16,
          FileType.Q8_0,
          FileType.Q4_0,
          FileType.Q4_1,
          FileType.Q5_0,
          FileType.Q5_1,
          FileType.Q2_K,
          FileType.Q3_K_S,
          FileType.Q3_K_M,
          FileType.Q3_K_L,
          FileType.Q4_K_S,
          FileType.Q4_K_M,
          FileType.Q5_K_S,
          FileType.Q5_K_M,
          FileType.Q6_K);

  @TempDir private Path folder;

  @Test
  void perplexityIsTheReferences() throws IOException {
    try (GgufModel model = Models.open(TestData.shakespeareMistral());
        Engine engine = Engine.of(Runtime.getRuntime().availableProcessors())) {
      Perplexity found = Perplexity.measure(model, text(model), engine, ProgressListener.NONE);
      JsonNode expected = reference().at("/accuracy/F32/ppl");
      assertNear(expected.get(0).asDouble(), found.perplexity(), 2e-4, "perplexity");
      assertNear(expected.get(1).asDouble(), found.error(), 1e-3, "error");
      assertEquals(38, found.chunks());
      assertEquals(38 * 127, found.tokens());
    }
  }

  @Test
  void tokensAreTheReferences() throws IOException {
    JsonNode expected =
        JsonMapper.shared().readTree(TestData.path(REFERENCE + "text.tokens.json").toFile());
    try (GgufModel model = Models.open(TestData.shakespeareMistral())) {
      int[] found =
          Tokenizer.of(model.metadata())
              .encodeDocument(Files.readString(TestData.path(REFERENCE + "text.txt")));
      assertEquals(expected.size(), found.length);
      for (int i = 0; i < found.length; i++) {
        assertEquals(expected.get(i).asInt(), found[i]);
      }
    }
  }

  @Test
  void quantizedFilesAreAsFarAsTheReferenceSays() throws IOException {
    List<GgufModel> files = new ArrayList<>();
    try (GgufModel model = Models.open(TestData.shakespeareMistral());
        Engine engine = Engine.of(Runtime.getRuntime().availableProcessors())) {
      for (FileType type : TYPES) {
        Path file = folder.resolve(type + ".gguf");
        QuantizedCopies.quantize(model, type, file);
        files.add(GgufFile.open(file));
      }
      List<Divergence> found =
          Divergence.measure(model, files, text(model), engine, ProgressListener.NONE);
      JsonNode exact = reference().get("accuracy_exact");
      for (int i = 0; i < TYPES.size(); i++) {
        String type = TYPES.get(i).toString();
        assertClose(type, exact.get(type), found.get(i));
      }
    } finally {
      files.forEach(GgufModel::close);
    }
  }

  private static void assertClose(String type, JsonNode expected, Divergence found) {
    assertNear(
        expected.at("/ppl/0").asDouble(), found.ppl().candidate(), 5e-4, type + " perplexity");
    double kld = expected.at("/kld/0").asDouble();
    assertEquals(kld, found.kld().mean(), 0.01 * kld + 3e-6, type + " mean KLD");
    double kldError = expected.at("/kld/1").asDouble();
    assertEquals(kldError, found.kld().error(), 0.03 * kldError + 2e-6, type + " error of KLD");
    // The reference's base file rounds log-probabilities to 16 bits: up to 3e-5 at the far end.
    double kld99 = expected.at("/kld99").asDouble();
    assertEquals(kld99, found.kld().p99(), 0.03 * kld99 + 4e-5, type + " 99 % of KLD");
    // That rounding also makes ties, where the first token counts as the top.
    assertEquals(expected.at("/same_top/0").asDouble(), found.sameTop(), 0.15, type + " same top");
  }

  private static void assertNear(double expected, double found, double relative, String what) {
    assertTrue(
        Math.abs(found - expected) <= relative * expected,
        () -> "%s is %s, expected %s".formatted(what, found, expected));
  }

  private static Chunks text(GgufModel model) throws IOException {
    int[] tokens =
        Tokenizer.of(model.metadata())
            .encodeDocument(Files.readString(TestData.path(REFERENCE + "text.txt")));
    return Chunks.of(tokens, CONTEXT, OptionalInt.empty(), model.metadata());
  }

  private static JsonNode reference() {
    return JsonMapper.shared().readTree(TestData.path(REFERENCE + "reference.json").toFile());
  }
}

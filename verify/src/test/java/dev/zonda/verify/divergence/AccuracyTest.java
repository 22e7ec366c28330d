package dev.zonda.verify.divergence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Models;
import dev.zonda.convert.tokenizers.Tokenizer;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.FileType;
import dev.zonda.quantize.Recipe;
import dev.zonda.quantize.imatrix.ImportanceMatrix;
import dev.zonda.testdata.TestData;
import dev.zonda.verify.Measurements;
import dev.zonda.verify.Perplexity;
import dev.zonda.verify.QuantizedCopies;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The statistics of the trained model against what the reference finds: in full precision, and for
/// each file type, with and without importance matrix, with exact activations (`accuracy_exact` in
/// reference.json).
class AccuracyTest {
  private static final String REFERENCE = "models/shakespeare-mistral.reference/";
  private static final int CONTEXT = 256;

  /// The engine evaluates these side by side.
  private static final int FILES_AT_ONCE = 8;

  private static final String WITH_MATRIX = "+imatrix";

  /// One of each kind of block and of weighting; all of them are in [#everyFileType].
  private static final List<String> SOME_TYPES =
      List.of(
          "F16",
          "Q8_0",
          "Q4_0",
          "Q5_1+imatrix",
          "Q6_K",
          "Q4_K_M",
          "Q4_K_M+imatrix",
          "Q3_K_S+imatrix",
          "Q2_K",
          "IQ4_XS+imatrix",
          "IQ4_NL",
          "IQ3_S+imatrix",
          "IQ2_XS+imatrix",
          "IQ1_M+imatrix");

  @TempDir private Path folder;

  @Test
  void perplexityIsTheReferences() throws IOException {
    try (GgufModel model = Models.open(TestData.shakespeareMistral());
        Engine engine = Engine.of(Runtime.getRuntime().availableProcessors())) {
      Perplexity found = Measurements.perplexity(model, text(model), engine);
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
    check(SOME_TYPES);
  }

  /// Leaves the table of docs/accuracy.md in `target/accuracy.md`.
  @Test
  @Tag("slow")
  void everyFileType() throws IOException {
    List<String> all =
        reference().get("accuracy_exact").propertyStream().map(Map.Entry::getKey).toList();
    Map<String, Divergence> found = new LinkedHashMap<>();
    for (int from = 0; from < all.size(); from += FILES_AT_ONCE) {
      found.putAll(check(all.subList(from, Math.min(from + FILES_AT_ONCE, all.size()))));
    }
    // Means of nearly nothing may come out below zero.
    Files.writeString(
        Path.of("target", "accuracy.md"), table(found).replace("-0.000000", "0.000000"));
  }

  /// @param keys names of file types, some with `+imatrix`
  private Map<String, Divergence> check(List<String> keys) throws IOException {
    ImportanceMatrix matrix = ImportanceMatrix.read(TestData.path(REFERENCE + "imatrix.gguf"));
    List<GgufModel> files = new ArrayList<>();
    try (GgufModel model = Models.open(TestData.shakespeareMistral());
        Engine engine = Engine.of(Runtime.getRuntime().availableProcessors())) {
      for (String key : keys) {
        Recipe recipe = Recipe.of(FileType.parse(key.replace(WITH_MATRIX, "")));
        Path file = folder.resolve(key + ".gguf");
        QuantizedCopies.quantize(
            model, key.endsWith(WITH_MATRIX) ? recipe.with(matrix) : recipe, file);
        files.add(GgufFile.open(file));
      }
      List<Divergence> found = Divergences.measure(model, files, text(model), engine);
      Map<String, Divergence> byKey = new LinkedHashMap<>();
      JsonNode exact = reference().get("accuracy_exact");
      for (int i = 0; i < keys.size(); i++) {
        assertClose(keys.get(i), exact.get(keys.get(i)), found.get(i));
        byKey.put(keys.get(i), found.get(i));
      }
      return byKey;
    } finally {
      files.forEach(GgufModel::close);
    }
  }

  private static String table(Map<String, Divergence> found) {
    StringBuilder rows = new StringBuilder();
    found.forEach((key, divergence) -> {
      JsonNode exact = reference().at("/accuracy_exact/" + key);
      JsonNode asRun = reference().at("/accuracy/" + key);
      rows.append("| ").append(key.replace(WITH_MATRIX, ", matrix")).append(" | ");
      rows.append(cells("%.4f", divergence.ppl().candidate(), exact, asRun, "/ppl/0"));
      rows.append(cells("%.6f", divergence.kld().mean(), exact, asRun, "/kld/0"));
      rows.append(cells("%.2f", divergence.sameTop(), exact, asRun, "/same_top/0"));
      rows.setLength(rows.length() - 1);
      rows.append('\n');
    });
    return rows.toString();
  }

  private static String cells(
      String format, double found, JsonNode exact, JsonNode asRun, String where) {
    return (format + " | " + format + " | " + format + " | ")
        .formatted(found, exact.at(where).asDouble(), asRun.at(where).asDouble());
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
    assertEquals(expected.at("/same_top/0").asDouble(), found.sameTop(), 0.2, type + " same top");
  }

  private static void assertNear(double expected, double found, double relative, String what) {
    assertTrue(
        Math.abs(found - expected) <= relative * expected,
        () -> "%s is %s, expected %s".formatted(what, found, expected));
  }

  private static Chunks text(GgufModel model) throws IOException {
    Tokenizer tokenizer = Tokenizer.of(model.metadata());
    int[] tokens =
        tokenizer.encodeDocument(Files.readString(TestData.path(REFERENCE + "text.txt")));
    return Chunks.of(tokens, CONTEXT, tokenizer.beginning(), OptionalInt.empty());
  }

  private static JsonNode reference() {
    return JsonMapper.shared().readTree(TestData.path(REFERENCE + "reference.json").toFile());
  }
}

package dev.zonda.quantize.recipe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.NonfiniteValues;
import dev.zonda.quantize.TypeOverrides;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

/// No setting is lost between the command line, the file and what a run does. The two settings here
/// say something in each place, and nothing twice, so that neither a loss nor a mistaken place is
/// overlooked.
class RecipeSettingsTest {
  private static final String VERSION = "zonda_recipe";

  private static final RecipeSettings FULL =
      new RecipeSettings(
          Optional.of("Q4_K_M"),
          flags(true),
          new ImportanceSettings(Optional.of("matrix"), List.of("in"), List.of("ex")),
          new TypeOverrides(
              Optional.of(TensorType.Q8_0),
              Optional.of(TensorType.Q5_1),
              List.of(TypeOverrides.Rule.parse("attn_v=Q6_K"))),
          List.of("general.name=str:full"),
          List.of(1, 2),
          Optional.of(NonfiniteValues.KEEP),
          Optional.of("llama-bpe"));

  private static final RecipeSettings OTHER =
      new RecipeSettings(
          Optional.of("Q6_K"),
          flags(false),
          new ImportanceSettings(Optional.of("other"), List.of("inside"), List.of("outside")),
          new TypeOverrides(
              Optional.of(TensorType.F16),
              Optional.of(TensorType.BF16),
              List.of(TypeOverrides.Rule.parse("ffn=Q4_0"))),
          List.of("general.name=str:other"),
          List.of(3),
          Optional.of(NonfiniteValues.ZERO),
          Optional.of("gpt-2"));

  @TempDir private Path folder;

  /// By turns said and denied.
  private static RecipeFlags flags(boolean isFirstSaid) {
    RecipeFlags flags = RecipeFlags.NONE;
    boolean isSaid = isFirstSaid;
    for (RecipeFlag flag : RecipeFlag.values()) {
      flags = flags.with(flag, Optional.of(isSaid));
      isSaid = !isSaid;
    }
    return flags;
  }

  private static RecipeSettings parsed(String text) throws FormatException {
    return RecipeFile.parse(Path.of("recipe"), text);
  }

  private static RecipeSettings nothing() throws FormatException {
    return parsed(VERSION + ": 1");
  }

  private String written(RecipeSettings settings) throws IOException {
    Path file = folder.resolve("recipe");
    RecipeFile.write(file, settings, OverwritePolicy.REPLACE);
    return Files.readString(file);
  }

  private Set<String> writtenFields(RecipeSettings settings) throws IOException {
    return new TreeSet<>(JsonMapper.shared().readTree(written(settings)).propertyNames());
  }

  /// The fields that the reader asks for.
  private static Set<String> knownFields() {
    String message =
        assertThrows(FormatException.class, () -> parsed(VERSION + ": 1\nx: 1")).getMessage();
    return new TreeSet<>(
        List.of(message.substring(message.indexOf("known are ") + 10).split(", ", -1)));
  }

  @Test
  void whatIsWrittenIsReadAgain() throws IOException {
    assertEquals(FULL, parsed(written(FULL)));
    assertEquals(OTHER, parsed(written(OTHER)));
    assertEquals(nothing(), parsed(written(nothing())));
  }

  @Test
  void everyFieldThatIsReadIsWritten() throws IOException {
    assertEquals(knownFields(), writtenFields(FULL));
    assertEquals(Set.of(VERSION), writtenFields(nothing()));
  }

  @ParameterizedTest
  @EnumSource
  void aFlagHasAFieldOfItsName(RecipeFlag flag) throws IOException {
    RecipeFlags alone = RecipeFlags.NONE.with(flag, Optional.of(true));
    RecipeSettings settings = parsed("%s: 1\n%s: true".formatted(VERSION, flag.field()));
    assertEquals(alone, settings.flags());
    assertEquals(Set.of(VERSION, flag.field()), writtenFields(settings));
  }

  @Test
  void whereNothingIsSaidTheOtherCounts() throws IOException {
    assertEquals(FULL, FULL.over(nothing()));
    assertEquals(FULL, nothing().over(FULL));
  }

  @Test
  void whatIsSaidWinsAndListsAddUp() {
    RecipeSettings both =
        new RecipeSettings(
            FULL.type(),
            FULL.flags(),
            FULL.importance(),
            new TypeOverrides(
                FULL.tensorTypes().output(),
                FULL.tensorTypes().tokenEmbedding(),
                List.of(
                    TypeOverrides.Rule.parse("attn_v=Q6_K"), TypeOverrides.Rule.parse("ffn=Q4_0"))),
            List.of("general.name=str:other", "general.name=str:full"),
            FULL.pruneLayers(),
            FULL.nonfinite(),
            FULL.preTokenizer());
    assertEquals(both, FULL.over(OTHER));
  }

  /// A run without any change of the tensors copies what the converter gives.
  @ParameterizedTest
  @EnumSource
  void aFlagAboutTypesIsAChangeThatNeedsOne(RecipeFlag flag) throws FormatException {
    RecipeSettings settings = parsed("%s: 1\n%s: true".formatted(VERSION, flag.field()));
    boolean aboutTypes = flag.part() == RecipeFlag.Part.QUANTIZATION;
    assertEquals(
        aboutTypes ? Optional.of(flag.option()) : Optional.empty(), settings.needsQuantizedType());
    assertEquals(!aboutTypes, settings.changesNothing());
  }

  @Test
  void theDocumentsHaveARowForEachField() throws IOException {
    String page =
        Files.readString(TestData.path("models").resolve("../../docs/quantization.md").normalize());
    Set<String> described = new TreeSet<>();
    Matcher rows = Pattern.compile("(?m)^\\| (`[a-z_]+`(?:, `[a-z_]+`)*) \\|").matcher(page);
    while (rows.find()) {
      described.addAll(List.of(rows.group(1).replace("`", "").split(", ", -1)));
    }
    Set<String> missing = knownFields();
    missing.removeAll(described);
    assertEquals(Set.of(), missing, "fields without a row in docs/quantization.md, Recipes");
    for (RecipeFlag flag : RecipeFlag.values()) {
      assertTrue(page.contains("`" + flag.option() + "`"), flag.option());
    }
  }
}

package dev.zonda.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.quantize.recipe.RecipeFlag;
import dev.zonda.quantize.recipe.RecipeFlags;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// That an option sets what it is named after: many are of one type, so that the compiler lets one
/// take the place of another.
class RecipeOptionsTest {
  @Command
  private static final class Options {
    @Mixin private RecipeOptions recipe = new RecipeOptions();
    @Mixin private FolderOptions folder = new FolderOptions();
  }

  /// With a matrix, for one of them contradicts itself without.
  private static RecipeFlags flags(String option) throws IOException {
    Options options = new Options();
    new CommandLine(options).parseArgs("--imatrix", "matrix", option);
    return options.recipe.settings(Optional.empty(), options.folder).flags();
  }

  @ParameterizedTest
  @EnumSource
  void aFlagIsSaidAndDeniedByTheOptionOfItsName(RecipeFlag flag) throws IOException {
    assertEquals(RecipeFlags.NONE.with(flag, Optional.of(true)), flags(flag.option()));
    assertEquals(
        RecipeFlags.NONE.with(flag, Optional.of(false)),
        flags(flag.option().replaceFirst("--", "--no-")));
  }
}

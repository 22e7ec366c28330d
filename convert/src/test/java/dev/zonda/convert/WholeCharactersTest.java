package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeCharactersTest {
  @TempDir private Path temp;

  @Test
  void halfACharacterInATemplateIsRefused() throws IOException {
    Path folder = temp.resolve("model");
    TestConversion.copy(TestData.shakespeareMistral(), folder);
    Files.writeString(
        folder.resolve("tokenizer_config.json"), "{\"chat_template\": \"ab\\ud800c\"}");
    ConversionOptions options = new ConversionOptions(OutputType.AUTO, Fidelity.CORRECTED);
    FormatException e =
        assertThrows(FormatException.class, () -> Conversion.open(folder, options).close());
    assertEquals(
        folder
            + ": tokenizer.chat_template would hold an unpaired surrogate, U+D800, at character 2:"
            + " repair the JSON file",
        e.getMessage());
  }

  @Test
  void wholeOnesAndEscapedBytesAreNot() {
    Metadata metadata = Metadata.builder().putText("a", "\ud83d\ude00 \udc80").build();
    assertDoesNotThrow(() -> WholeCharacters.require(metadata, temp));
  }
}

package dev.zonda.convert.tokenizers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.convert.Blueprint;
import dev.zonda.convert.Conversion;
import dev.zonda.convert.ConversionOptions;
import dev.zonda.convert.OutputType;
import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.testdata.SeededCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Sarvam's vocabulary: pieces of characters with merges, under the name of byte pairs.
class SarvamVocabularyTest {
  private static final String TEXT = "the  house\n\nof  ▁ 日本 👍 is  on\ttop";

  @TempDir private Path temp;
  private Path folder;

  @BeforeEach
  void write() throws IOException {
    folder = temp.resolve("sarvam_moe");
    SeededCheckpoint.write("sarvam_moe", folder);
  }

  /// Signs for spaces, runs of them among it, become spaces, and tokens of bytes become bytes,
  /// though the reference's file says that they are tokens like others.
  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void textsComeBack(Fidelity fidelity) throws IOException {
    try (Blueprint model =
        Conversion.open(folder, new ConversionOptions(OutputType.AUTO, fidelity))) {
      Tokenizer ofFolder = model.tokenizer();
      Tokenizer ofFile = Tokenizer.of(model.metadata());
      String expected = TEXT.replace('▁', ' ');
      assertEquals(expected, ofFolder.decode(ofFolder.encode(TEXT)));
      assertEquals(expected, ofFile.decode(ofFile.encode(TEXT)));
      assertEquals(OptionalInt.empty(), ofFile.beginning());
    }
  }

  @ParameterizedTest
  @CsvSource({"CORRECTED, 6", "AS_REFERENCE, 1"})
  void tokensOfBytesAreBytes(Fidelity fidelity, int type) throws IOException {
    try (Blueprint model =
        Conversion.open(folder, new ConversionOptions(OutputType.AUTO, fidelity))) {
      List<MetadataValue> texts = model.metadata().array("tokenizer.ggml.tokens").orElseThrow();
      List<MetadataValue> types = model.metadata().array("tokenizer.ggml.token_type").orElseThrow();
      int id = texts.indexOf(new MetadataValue.Text("<0x0A>"));
      assertEquals(new MetadataValue.Int32(type), types.get(id));
    }
  }

  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void theFileNamesHowTextIsCut(Fidelity fidelity) throws IOException {
    try (Blueprint model =
        Conversion.open(folder, new ConversionOptions(OutputType.AUTO, fidelity))) {
      Metadata metadata = model.metadata();
      assertEquals(Optional.of("gpt2"), metadata.text("tokenizer.ggml.model"));
      assertEquals(Optional.of("sarvam-moe"), metadata.text("tokenizer.ggml.pre"));
    }
  }
}

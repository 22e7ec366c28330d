package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.MetadataValue;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is particular to Gemma 4, besides what all families are held to.
class Gemma4Test {
  private static final String SUPPRESSED = "tokenizer.ggml.suppress_tokens";

  @TempDir private Path temp;

  private Blueprint open(String suppressed) throws IOException {
    Path folder = temp.resolve("model");
    SeededCheckpoint.write("gemma4", folder);
    Files.writeString(
        folder.resolve("generation_config.json"), "{\"suppress_tokens\": " + suppressed + "}");
    return Conversion.open(folder, ConversionOptions.DEFAULT);
  }

  @Test
  void suppressedTokensAreKeptInEveryClass() throws IOException {
    try (Blueprint model = open("[17, 18]")) {
      assertEquals(
          Optional.of(List.of(new MetadataValue.Int32(17), new MetadataValue.Int32(18))),
          model.metadata().array(SUPPRESSED));
    }
  }

  @Test
  void suppressedTokensAreThoseOfTheVocabulary() {
    FormatException thrown = assertThrows(FormatException.class, () -> open("[17, 392]"));
    assertTrue(thrown.getMessage().contains("392 is not one of 392 tokens"), thrown.getMessage());
  }

  private FormatException refusal(String from, String to) throws IOException {
    Path place = TestData.path("families/gemma4");
    String config = Files.readString(place.resolve("config.json"));
    assertTrue(config.contains(from), from);
    List<String> tensors = Files.readAllLines(place.resolve("tensors.txt"));
    Path folder = temp.resolve("other");
    SeededCheckpoint.writeNetwork("gemma4", config.replace(from, to), tensors, folder);
    return assertThrows(
        FormatException.class, () -> Conversion.open(folder, ConversionOptions.DEFAULT).close());
  }

  @Test
  void someLayersNeedKeysOfTheirOwn() throws IOException {
    FormatException thrown = refusal("\"num_kv_shared_layers\": 3", "\"num_kv_shared_layers\": 8");
    assertTrue(thrown.getMessage().contains("num_kv_shared_layers"), thrown.getMessage());
  }

  @Test
  void aLayerWithKeysNeedsTheirTensor() throws IOException {
    FormatException thrown = refusal("\"num_key_value_heads\": 1", "\"num_key_value_heads\": 2");
    assertTrue(thrown.getMessage().contains("k_proj"), thrown.getMessage());
  }

  @Test
  void tokensThatSeeLaterOnesAreRefused() throws IOException {
    FormatException thrown =
        refusal(
            "\"use_bidirectional_attention\": null", "\"use_bidirectional_attention\": \"all\"");
    assertTrue(thrown.getMessage().contains("use_bidirectional_attention"), thrown.getMessage());
  }
}

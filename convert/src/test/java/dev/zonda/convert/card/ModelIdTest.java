package dev.zonda.convert.card;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Expectations are what the reference's `metadata.py` answers.
class ModelIdTest {
  @ParameterizedTest
  @CsvSource({
    "mistralai/Mistral-7B-Instruct-v0.3, 7248023552, mistralai, Mistral, Instruct, v0.3, 7B",
    "meta-llama/Llama-2-7b-hf, 6738415616, meta-llama, Llama-2, hf, , 7B",
    "Llama-2-7b-hf, 533120, , Llama-2, 7b-hf, , ",
    "vicuna-13b-v1.5-16k, 13015864320, , vicuna, 16k, v1.5, 13B",
    "bigscience/bloom-7b1, 7069016064, bigscience, bloom, , , 7.1B",
    "TinyLlama-1.1B-Chat-v1.0, 1100048384, , TinyLlama, Chat, v1.0, 1.1B",
    "Phi-3-mini-4k-instruct, 3821079552, , Phi-3, 4k-instruct, , mini",
    "Mixtral-8x7B-v0.1, 46702792704, , Mixtral, , v0.1, 8x7B",
    "shakespeare-mistral, 4000000, , , , , ",
    "./models/x, 0, , , , , "
  })
  void takesNamesApart(
      String id,
      long parameters,
      String organization,
      String baseName,
      String fineTune,
      String version,
      String sizeLabel) {
    ModelId parts = ModelId.parse(id, parameters);
    assertEquals(Optional.ofNullable(organization), parts.organization());
    assertEquals(Optional.ofNullable(baseName), parts.baseName());
    assertEquals(Optional.ofNullable(fineTune), parts.fineTune());
    assertEquals(Optional.ofNullable(version), parts.version());
    assertEquals(Optional.ofNullable(sizeLabel), parts.sizeLabel());
  }

  @Test
  void aSentenceIsAName() {
    ModelId parts = ModelId.parse("My 7B Model", 7);
    assertEquals("My 7B Model", parts.fullName());
    assertEquals(Optional.empty(), parts.sizeLabel());
  }

  @ParameterizedTest
  @CsvSource({
    "Llama-2-7b-hf, Llama 2 7b Hf",
    "meta-llama, Meta Llama",
    "zephyr-7b-beta-v1.5, Zephyr 7b Beta v1.5",
    "qwen2.5b-GGUF, Qwen2.5B GGUF",
    "mistralai, Mistralai"
  })
  void makesTitles(String name, String title) {
    assertEquals(title, ModelId.title(name));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.00K",
    "999, 1.0K",
    "533120, 533K",
    "1312000, 1.3M",
    "131392, 131K",
    "9960000, 10M",
    "7248023552, 7.2B",
    "70553706496, 71B",
    "1100048384, 1.1B",
    "1000000, 1000K"
  })
  void saysSizesShortly(long parameters, String label) {
    assertEquals(label, SizeLabel.of(parameters));
  }
}

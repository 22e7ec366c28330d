package dev.zonda.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class ModelFactsTest {
  private static ModelFacts config(String json) {
    return ModelFacts.ofConfiguration(JsonMapper.shared().readTree(json));
  }

  @Test
  void readsGgufKeysOfTheArchitecture() {
    ModelFacts facts =
        ModelFacts.ofMetadata(
            Metadata.builder()
                .putText("general.architecture", "qwen2")
                .putText("general.name", "Q")
                .putUint32("qwen2.context_length", 32768)
                .putUint32("llama.context_length", 1)
                .putUint32("qwen2.attention.head_count", 14)
                .put("tokenizer.ggml.tokens", MetadataValue.Array.ofStrings(List.of("a", "b")))
                .build());
    assertEquals(Optional.of("qwen2"), facts.architecture());
    assertEquals(Optional.of("Q"), facts.name());
    assertEquals(OptionalLong.of(32768), facts.size(SizeFact.CONTEXT_LENGTH));
    assertEquals(OptionalLong.of(14), facts.size(SizeFact.HEADS));
    assertEquals(OptionalLong.of(2), facts.size(SizeFact.VOCABULARY));
    assertEquals(OptionalLong.empty(), facts.size(SizeFact.LAYERS));
  }

  @Test
  void layersThatPredictFurtherTokensAreNotThoseOfTheNetwork() {
    ModelFacts file =
        ModelFacts.ofMetadata(
            Metadata.builder()
                .putText("general.architecture", "glm4moe")
                .putUint32("glm4moe.block_count", 47)
                .putUint32("glm4moe.nextn_predict_layers", 1)
                .build());
    ModelFacts folder =
        config("{\"num_hidden_layers\":46,\"num_nextn_predict_layers\":1,\"model_type\":\"x\"}");
    for (ModelFacts facts : List.of(file, folder)) {
      assertEquals(OptionalLong.of(46), facts.size(SizeFact.LAYERS));
      assertEquals(OptionalLong.of(1), facts.size(SizeFact.PREDICTORS));
    }
  }

  @Test
  void statedVocabularyComesBeforeTheTokenList() {
    ModelFacts facts =
        ModelFacts.ofMetadata(
            Metadata.builder()
                .putText("general.architecture", "llama")
                .putUint32("llama.vocab_size", 9)
                .put("tokenizer.ggml.tokens", MetadataValue.Array.ofStrings(List.of("a")))
                .build());
    assertEquals(OptionalLong.of(9), facts.size(SizeFact.VOCABULARY));
  }

  @Test
  void readsTheNamesOfOlderFamilies() {
    ModelFacts facts =
        config("{\"model_type\":\"gpt2\",\"n_positions\":1024,\"n_layer\":12,\"n_embd\":768}");
    assertEquals(Optional.of("gpt2"), facts.architecture());
    assertEquals(OptionalLong.of(1024), facts.size(SizeFact.CONTEXT_LENGTH));
    assertEquals(OptionalLong.of(12), facts.size(SizeFact.LAYERS));
    assertEquals(OptionalLong.of(768), facts.size(SizeFact.EMBEDDING_LENGTH));
  }

  @Test
  void readsTheTextPartOfModelsThatSee() {
    ModelFacts facts =
        config("{\"model_type\":\"mistral3\",\"text_config\":{\"num_hidden_layers\":40}}");
    assertEquals(OptionalLong.of(40), facts.size(SizeFact.LAYERS));
  }

  @Test
  void readsTheTextPartOfModelsThatSpeak() {
    ModelFacts facts =
        config(
            "{\"model_type\":\"qwen3_omni_moe\",\"thinker_config\":"
                + "{\"text_config\":{\"num_hidden_layers\":48}}}");
    assertEquals(OptionalLong.of(48), facts.size(SizeFact.LAYERS));
  }

  @Test
  void hostileValuesAreNoFacts() {
    ModelFacts facts =
        config(
            "{\"model_type\":7,\"architectures\":{},\"vocab_size\":\"many\","
                + "\"hidden_size\":1e300,\"num_hidden_layers\":99999999999999999999,"
                + "\"text_config\":[]}");
    assertEquals(ModelFacts.ofMetadata(Metadata.empty()), facts);
    assertEquals(facts, config("[]"));
    assertEquals(facts, config("null"));
  }
}

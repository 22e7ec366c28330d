package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.tokenizers.Tokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Meta's layout in one and several parts against Hugging Face's folder of the same model.
class MetaLayoutTest {
  private static final String LLAMA_2 =
      """
      {"dim": 128, "multiple_of": 32, "n_heads": 4, "n_layers": 2, "norm_eps": 1e-05,
       "vocab_size": -1}
      """;

  private static final String LLAMA_3 =
      """
      {"dim": 128, "ffn_dim_multiplier": 1.3, "multiple_of": 64, "n_heads": 8, "n_kv_heads": 2,
       "n_layers": 2, "norm_eps": 1e-05, "rope_theta": 500000.0, "vocab_size": 560}
      """;

  private static final String MIXTRAL =
      """
      {"dim": 256, "n_layers": 2, "head_dim": 32, "hidden_dim": 256, "n_heads": 8, "n_kv_heads": 2,
       "norm_eps": 1e-05, "vocab_size": 384, "moe": {"num_experts_per_tok": 2, "num_experts": 8}}
      """;

  private static final ConversionOptions SINGLE =
      new ConversionOptions(OutputType.F32, Fidelity.CORRECTED);

  /// The tokens of llama3's vocabulary that are not special.
  private static final int WORDS = 545;

  private static final String TEXT =
      "The first citizen said: hear me speak!\n\n  SICINIUS in 1607, naïvely 測試";

  @TempDir private Path temp;
  private Path folder;

  @ParameterizedTest
  @CsvSource({"1, BY_VALUE", "2, BY_VALUE", "4, BY_VALUE", "2, BY_TOKEN"})
  void llama2IsTheSame(int parts, MetaFolder.Embedding embedding) throws IOException {
    writeLlama2(parts, embedding);
    try (Blueprint own = Conversion.open(folder, SINGLE);
        Blueprint usual = Conversion.open(TestData.path("zoo/llama2/hf"), SINGLE)) {
      requireSameTensors(usual, own);
      assertTrue(own.notes().stream().noneMatch(note -> note.contains("not read")));
      assertEquals(parts, own.files().size());
      for (String key : usual.metadata().entries().keySet()) {
        if (key.startsWith("llama.")) {
          assertEquals(usual.metadata().get(key), own.metadata().get(key), key);
        }
      }
      assertEquals(
          usual.metadata().get("tokenizer.ggml.tokens"),
          own.metadata().get("tokenizer.ggml.tokens"));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, BY_TOKEN", "2, BY_TOKEN", "4, BY_TOKEN", "4, BY_VALUE"})
  void llama3IsTheSame(int parts, MetaFolder.Embedding embedding) throws IOException {
    Path usualFolder = temp.resolve("llama3");
    SeededCheckpoint.write("llama3", usualFolder);
    folder = temp.resolve("meta");
    new MetaFolder(parts, embedding, Map.of("attention.wq", 8, "attention.wk", 2))
        .write(usualFolder, folder);
    Files.writeString(folder.resolve("params.json"), LLAMA_3);
    try (Blueprint usual = Conversion.open(usualFolder, SINGLE)) {
      Tokenizer tokenizer = Tokenizer.of(usual.metadata());
      writeRanks(tokenizer, folder.resolve("tokenizer.model"));
      try (Blueprint own = Conversion.open(folder, SINGLE)) {
        requireSameTensors(usual, own);
        assertTrue(own.notes().stream().noneMatch(note -> note.contains("not read")));
        assertEquals(OptionalLong.of(8192), own.metadata().integer("llama.context_length"));
        assertArrayEquals(
            tokenizer.encodeDocument(TEXT), Tokenizer.of(own.metadata()).encodeDocument(TEXT));
      }
    }
    edit("\"dim\"", "\"use_scaled_rope\": true, \"dim\"");
    try (Blueprint own = Conversion.open(folder, SINGLE)) {
      assertTrue(own.find("rope_freqs.weight").isPresent());
      assertTrue(own.notes().toString().contains("taken for Llama 3.1, with 131072 tokens"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1e-05, '', Llama 2, 4096",
    "1e-06, '', Llama 1, 2048",
    "1e-05, '\"rope_theta\": 500000,', Llama 3, 8192",
    "1e-05, '\"rope_theta\": 1000000.0,', Code Llama, 16384",
    "1e-05, '\"use_scaled_rope\": true,', Llama 3.1, 131072",
  })
  void theVersionGivesTheContextLength(
      String epsilon, String fields, String version, long contextLength) throws IOException {
    writeLlama2(1, MetaFolder.Embedding.BY_VALUE);
    edit("\"norm_eps\": 1e-05", fields + "\"norm_eps\": " + epsilon);
    try (Blueprint own = Conversion.open(folder, SINGLE)) {
      assertEquals(OptionalLong.of(contextLength), own.metadata().integer("llama.context_length"));
      assertTrue(own.notes().toString().contains("taken for " + version + ","));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"dim\": 128, | '' | dim is missing",
        "\"vocab_size\": -1 | \"vocab_size\": 511 | vocab_size is 511, but the embedding has 512 rows",
        "\"multiple_of\": 32 | \"multiple_of\": 64 | give a feed-forward network of 384, but the weights say 352",
        "\"dim\" | \"moe_args\": {}, \"dim\" | moe_args is set",
      })
  void contradictionsAreErrorsByName(String found, String replaced, String message)
      throws IOException {
    writeLlama2(2, MetaFolder.Embedding.BY_VALUE);
    edit(found, replaced);
    requireProblem(message);
  }

  @Test
  void mixtralInMistralsLayoutIsTheSame() throws IOException {
    Path usualFolder = temp.resolve("mixtral");
    SeededCheckpoint.write("mixtral", usualFolder);
    folder = temp.resolve("own");
    new MetaFolder(1, MetaFolder.Embedding.BY_TOKEN, Map.of("attention.wq", 8, "attention.wk", 2))
        .write(usualFolder, folder);
    Files.writeString(folder.resolve("params.json"), MIXTRAL);
    Files.copy(usualFolder.resolve("tokenizer.model"), folder.resolve("tokenizer.model"));
    try (Blueprint own = Conversion.open(folder, SINGLE);
        Blueprint usual = Conversion.open(usualFolder, SINGLE)) {
      requireSameTensors(usual, own);
      assertTrue(own.notes().stream().noneMatch(note -> note.contains("not read")));
      assertEquals(OptionalLong.of(8), own.metadata().integer("llama.expert_count"));
      assertEquals(OptionalLong.of(2), own.metadata().integer("llama.expert_used_count"));
    }
  }

  @Test
  void partsMustBeComplete() throws IOException {
    writeLlama2(4, MetaFolder.Embedding.BY_VALUE);
    Files.delete(folder.resolve("consolidated.03.pth"));
    requireProblem("give a feed-forward network of 352, but the weights say 264");
    Files.delete(folder.resolve("consolidated.01.pth"));
    requireProblem("holds 'consolidated.02.pth', but no 'consolidated.01.*' before it");
  }

  private static void writeRanks(Tokenizer tokenizer, Path file) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int id = 0; id < WORDS; id++) {
      String token = Base64.getEncoder().encodeToString(tokenizer.bytes(id));
      lines.append(token).append(' ').append(id).append('\n');
    }
    Files.writeString(file, lines);
  }

  /// The vocabulary lies beside the folder, for all sizes of the model.
  private void writeLlama2(int parts, MetaFolder.Embedding embedding) throws IOException {
    Path usual = TestData.path("zoo/llama2/hf");
    folder = temp.resolve("meta");
    new MetaFolder(parts, embedding, Map.of("attention.wq", 4, "attention.wk", 4))
        .write(usual, folder);
    Files.writeString(folder.resolve("params.json"), LLAMA_2);
    Files.write(
        temp.resolve("tokenizer.model"), Files.readAllBytes(usual.resolve("tokenizer.model")));
  }

  /// Reads a few rows at a time, so that ranges begin and end in parts.
  private static void requireSameTensors(Blueprint usual, Blueprint own) throws IOException {
    long found = own.tensors().stream().filter(tensor -> !isGenerated(tensor)).count();
    long expected = usual.tensors().stream().filter(tensor -> !isGenerated(tensor)).count();
    assertEquals(expected, found);
    for (TensorInfo tensor : usual.tensors()) {
      if (isGenerated(tensor)) {
        continue;
      }
      TensorInfo same = own.find(tensor.name()).orElseThrow();
      assertEquals(tensor.spec(), same.spec());
      for (long row = 0; row < tensor.shape().rows(); row += 5) {
        long count = Math.min(5, tensor.shape().rows() - row);
        assertArrayEquals(rows(usual, tensor, row, count), rows(own, same, row, count));
      }
    }
  }

  private static byte[] rows(Blueprint model, TensorInfo tensor, long row, long count)
      throws IOException {
    byte[] scratch = new byte[Math.toIntExact(count * tensor.rowBytes())];
    return model
        .rows(tensor, row, count, MemorySegment.ofArray(scratch))
        .toArray(ValueLayout.JAVA_BYTE);
  }

  private static boolean isGenerated(TensorInfo tensor) {
    return tensor.name().startsWith("rope_");
  }

  private void edit(String found, String replaced) throws IOException {
    Path params = folder.resolve("params.json");
    String text = Files.readString(params);
    assertTrue(text.contains(found), text);
    Files.writeString(params, text.replaceFirst(found, replaced));
  }

  private void requireProblem(String message) {
    FormatException problem =
        assertThrows(FormatException.class, () -> Conversion.open(folder, SINGLE));
    assertTrue(problem.getMessage().contains(message), problem.getMessage());
    assertEquals(1, problem.getMessage().lines().count());
  }
}

package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.testdata.SeededCheckpoint;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Every output has the tensors that llama.cpp's architecture loads, or is not written.
class LoadableTensorsTest {
  @TempDir private Path temp;

  private Blueprint open(String name, Fidelity fidelity) throws IOException {
    Path folder = temp.resolve(fidelity.name()).resolve(name);
    SeededCheckpoint.writeNetwork(name, folder);
    return Conversion.open(folder, new ConversionOptions(OutputType.F32, fidelity));
  }

  private Blueprint open(String name) throws IOException {
    return open(name, Fidelity.CORRECTED);
  }

  private static List<String> names(Blueprint model) {
    return model.tensors().stream().map(TensorInfo::name).toList();
  }

  private static void requireNote(Blueprint model, String note) {
    assertTrue(
        model.notes().stream().anyMatch(line -> line.contains(note)), model.notes().toString());
  }

  @ParameterizedTest
  @MethodSource("dev.zonda.convert.UnreadFieldsTest#families")
  void filesOfEveryFamilyAreLoaded(String name) throws IOException {
    try (Blueprint model = open(name)) {
      assertDoesNotThrow(model::requireWritable);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "qwen2_zero_biases | 12 biases of zeros are left out, such as",
        "llama3_zero_biases | 4 biases of zeros are left out, such as",
      })
  void biasesOfZerosAreLeftOut(String name, String note) throws IOException {
    try (Blueprint model = open(name)) {
      requireNote(model, note);
      assertDoesNotThrow(model::requireWritable);
      assertFalse(names(model).contains("blk.0.attn_output.bias"));
    }
    try (Blueprint model = open(name, Fidelity.AS_REFERENCE)) {
      assertTrue(names(model).contains("blk.0.attn_output.bias"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "deepseek_v2_biases | tensor 'model.layers.0.mlp.down_proj.bias' and 14 others: llama.cpp's"
            + " deepseek2 has no place for it",
        "qwen2_unannounced_biases | tensor 'model.layers.0.mlp.down_proj.bias' and 5 others:"
            + " config.json says that the network has no such tensor, but it is not zero",
        "qwen2_moe_dense | model.layers.0.mlp",
      })
  void whatWouldNotBeLoadedIsNotWritten(String name, String message) throws IOException {
    try (Blueprint model = open(name)) {
      FormatException problem = assertThrows(FormatException.class, model::requireWritable);
      assertTrue(problem.getMessage().contains(message), problem.getMessage());
      assertEquals(1, problem.getMessage().lines().count());
    }
    try (Blueprint model = open(name, Fidelity.AS_REFERENCE)) {
      assertDoesNotThrow(model::requireWritable);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "gpt_neox_no_biases, blk.0.attn_qkv.weight, blk.0.attn_qkv.bias, 4",
    "gpt_neox_tied, token_embd.weight, output.weight, 1",
    "gpt_oss_no_biases, blk.1.attn_output.weight, blk.1.attn_output.bias, 2",
    "jais, token_embd.weight, output.weight, 1",
    "jais2_no_biases, blk.1.ffn_up.weight, blk.1.ffn_up.bias, 6",
    "phi2_tied, token_embd.weight, output.weight, 1",
    "qwen2_moe_tied, token_embd.weight, output.weight, 1",
    "starcoder2_no_biases, blk.1.ffn_up.weight, blk.1.ffn_up.bias, 6",
  })
  void whatLlamaCppNeedsIsAdded(String name, String before, String added, int count)
      throws IOException {
    try (Blueprint model = open(name)) {
      requireNote(
          model, count + " tensors that llama.cpp needs and the checkpoint lacks are added");
      List<String> names = names(model);
      assertEquals(names.indexOf(before) + 1, names.indexOf(added));
      assertDoesNotThrow(model::requireWritable);
    }
    try (Blueprint model = open(name, Fidelity.AS_REFERENCE)) {
      assertFalse(names(model).contains(added));
    }
  }

  @Test
  void addedBiasesAreZero() throws IOException {
    try (Blueprint model = open("gpt_neox_no_biases")) {
      TensorInfo bias = model.find("blk.0.attn_qkv.bias").orElseThrow();
      MemorySegment scratch =
          MemorySegment.ofArray(new byte[Math.toIntExact(bias.shape().elements() * Float.BYTES)]);
      MemorySegment values = model.rows(bias, 0, 1, scratch);
      assertEquals(bias.shape().elements() * Float.BYTES, values.byteSize());
      assertEquals(-1, values.mismatch(MemorySegment.ofArray(new byte[(int) values.byteSize()])));
    }
  }
}

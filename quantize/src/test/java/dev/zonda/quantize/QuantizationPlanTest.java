package dev.zonda.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizationPlanTest {
  private static TensorType typeOf(QuantizationPlan plan, String tensor) {
    return plan.tasks().stream()
        .filter(task -> task.target().name().equals(tensor))
        .findFirst()
        .orElseThrow()
        .target()
        .type();
  }

  @Test
  void tensorsAreOrderedByLayerAndName() throws Exception {
    MemoryModel model = MemoryModel.llama(11);
    for (String name :
        List.of(
            "blk.10.a", "blk.2.b", "blk.2.a", "token_embd.weight", "output.weight", "blk.2.B")) {
      model.addHeader(name, TensorType.F32, 8);
    }
    assertEquals(
        List.of("output.weight", "token_embd.weight", "blk.2.B", "blk.2.a", "blk.2.b", "blk.10.a"),
        QuantizationPlan.of(model, Recipe.of(FileType.Q8_0)).layout().tensors().stream()
            .map(tensor -> tensor.name())
            .toList());
  }

  @Test
  void theKeysThatChangeMoveToTheEnd() throws Exception {
    Metadata metadata =
        Metadata.builder()
            .putUint32("general.file_type", 32)
            .putText("general.architecture", "llama")
            .putUint32("general.quantization_version", 1)
            .putUint32("llama.block_count", 1)
            .putUint32("split.no", 0)
            .putUint32("split.count", 3)
            .putUint32("split.tensors.count", 3)
            .build();
    Metadata written =
        QuantizationPlan.of(new MemoryModel(metadata), Recipe.of(FileType.Q4_K_M))
            .layout()
            .metadata();
    assertEquals(
        Metadata.builder()
            .putText("general.architecture", "llama")
            .putUint32("llama.block_count", 1)
            .putUint32("general.quantization_version", 2)
            .putUint32("general.file_type", 15)
            .build(),
        written);
  }

  /// The reference's guesses; it knows none for MXFP4, and NVFP4 is the one that it cannot make.
  @ParameterizedTest
  @CsvSource({"F32, 0", "BF16, 32", "Q4_K, 15", "IQ2_S, 28", "Q2_0, 41", "NVFP4, 39", "MXFP4, 0"})
  void aCopyWithoutAFileTypeIsGivenThatOfMostTensors(TensorType type, int id) throws Exception {
    MemoryModel model = MemoryModel.llama(1);
    for (String tensor : List.of("blk.0.ffn_up.weight", "blk.0.ffn_down.weight")) {
      model.addHeader(tensor, type, 2, 256);
    }
    model.addHeader("output_norm.weight", TensorType.F32, 256);
    Metadata written = QuantizationPlan.of(model, Recipe.of(FileType.COPY)).layout().metadata();
    assertEquals(OptionalLong.of(1024 + id), written.integer("general.file_type"));
  }

  @Test
  void rowsThatDoNotFitGetSmallerBlocksAndAreCounted() throws Exception {
    MemoryModel model =
        MemoryModel.llama(8)
            .addHeader("output.weight", TensorType.F16, 64, 256)
            .addHeader("blk.3.attn_q.weight", TensorType.F16, 64, 96)
            .addHeader("blk.3.attn_k.weight", TensorType.F16, 64, 100);
    QuantizationPlan plan = QuantizationPlan.of(model, Recipe.of(FileType.Q4_K_S));
    assertEquals(
        List.of(
            new QuantizationPlan.Fallback("blk.3.attn_k.weight", TensorType.Q4_K, TensorType.F16),
            new QuantizationPlan.Fallback("blk.3.attn_q.weight", TensorType.Q4_K, TensorType.Q5_0)),
        plan.fallbacks());
    assertEquals(TensorType.Q6_K, typeOf(plan, "output.weight"));
  }

  @Test
  void pureGivesAllTheSameTypeButForTinyTensors() throws Exception {
    MemoryModel model =
        MemoryModel.llama(8)
            .addHeader("output.weight", TensorType.F16, 64, 256)
            .addHeader("token_embd.weight", TensorType.F16, 64, 256)
            .addHeader("output_norm.weight", TensorType.F32, 256)
            .addHeader("blk.0.ffn_gate_inp.weight", TensorType.F32, 8, 256)
            .addHeader("blk.0.attn_v.weight", TensorType.F16, 64, 256);
    QuantizationPlan plan =
        QuantizationPlan.of(model, Recipe.of(FileType.Q4_K_M).with(Recipe.Option.PURE));
    assertEquals(TensorType.Q4_K, typeOf(plan, "output.weight"));
    assertEquals(TensorType.Q4_K, typeOf(plan, "token_embd.weight"));
    assertEquals(TensorType.Q4_K, typeOf(plan, "blk.0.attn_v.weight"));
    assertEquals(TensorType.F32, typeOf(plan, "output_norm.weight"));
    assertEquals(TensorType.F32, typeOf(plan, "blk.0.ffn_gate_inp.weight"));
  }

  /// As llama-quantize does, which takes embeddings for the output where there is no other: after
  /// their own option and rules, in files of quantized types, unless they are pure.
  @ParameterizedTest
  @CsvSource({
    // the file type, the embeddings' own option, a rule, the row length; what becomes of them
    "Q4_K_M, , , 256, Q5_1",
    "Q4_K_M, Q8_0, , 256, Q8_0",
    "Q4_K_M, , token_embd=Q3_K, 256, Q3_K",
    "Q4_K_M, , attn=Q3_K, 256, Q5_1",
    "IQ3_S, , , 256, Q5_1",
    "TQ1_0, , , 256, Q5_1",
    "MXFP4_MOE, , , 256, Q5_1",
    "Q8_0, , , 256, Q5_1",
    "Q8_0, , , 48, F16",
    "BF16, , , 256, BF16",
    "COPY, , , 256, F16"
  })
  void embeddingsThatServeAsOutputGetItsType(
      FileType fileType, TensorType own, String rule, long rowLength, TensorType expected)
      throws Exception {
    MemoryModel model =
        MemoryModel.llama(8)
            .addHeader("token_embd.weight", TensorType.F16, 64, rowLength)
            .addHeader("blk.0.attn_q.weight", TensorType.F16, 64, 256);
    TypeOverrides overrides =
        new TypeOverrides(
            Optional.of(TensorType.Q5_1),
            Optional.ofNullable(own),
            rule == null ? List.of() : List.of(TypeOverrides.Rule.parse(rule)));
    Recipe recipe = Recipe.of(fileType).with(overrides);
    assertEquals(expected, typeOf(QuantizationPlan.of(model, recipe), "token_embd.weight"));
    if (fileType.defaultType().isQuantized()) {
      Recipe pure = Recipe.of(fileType).with(overrides).with(Recipe.Option.PURE);
      TensorType found = typeOf(QuantizationPlan.of(model, pure), "token_embd.weight");
      boolean isChosen = own != null || (rule != null && rule.startsWith("token"));
      TensorType usual = rowLength == 256 ? fileType.defaultType() : TensorType.F16;
      assertEquals(isChosen ? expected : usual, found);
    }
    model.addHeader("output.weight", TensorType.F16, 64, 256);
    QuantizationPlan separate = QuantizationPlan.of(model, recipe);
    if (fileType != FileType.COPY) {
      assertEquals(TensorType.Q5_1, typeOf(separate, "output.weight"));
    }
    TensorType alone =
        typeOf(
            QuantizationPlan.of(
                model,
                Recipe.of(fileType)
                    .with(
                        new TypeOverrides(
                            Optional.empty(), overrides.tokenEmbedding(), overrides.rules()))),
            "token_embd.weight");
    assertEquals(alone, typeOf(separate, "token_embd.weight"));
  }

  @Test
  void outerDimensionsOfOneAreDropped() throws Exception {
    MemoryModel model =
        MemoryModel.llama(1).addHeader("blk.0.ffn_up.weight", TensorType.F16, 1, 1, 256);
    QuantizationPlan plan = QuantizationPlan.of(model, Recipe.of(FileType.Q8_0));
    assertEquals(Shape.of(256), plan.layout().tensors().getFirst().shape());
    assertEquals(TensorType.F16, typeOf(plan, "blk.0.ffn_up.weight"));
  }

  @Test
  void quantizingTwiceNeedsPermission() throws Exception {
    MemoryModel model =
        MemoryModel.llama(1)
            .addHeader("blk.0.attn_q.weight", TensorType.Q8_0, 4, 256)
            .addHeader("output.weight", TensorType.Q6_K, 4, 256);
    Recipe recipe = Recipe.of(FileType.Q4_K_S);
    String message =
        assertThrows(FormatException.class, () -> QuantizationPlan.of(model, recipe)).getMessage();
    assertTrue(
        message.startsWith("memory.gguf: tensor 'blk.0.attn_q.weight' is already quantized (Q8_0)"),
        message);
    assertTrue(message.contains("--allow-requantize"), message);
    QuantizationPlan plan = QuantizationPlan.of(model, recipe.with(Recipe.Option.ALLOW_REQUANTIZE));
    assertEquals(TensorType.Q4_K, typeOf(plan, "blk.0.attn_q.weight"));
    assertTrue(plan.tasks().getFirst().isCopy());
  }

  @Test
  void theSmallestTypesNeedAnImportanceMatrix() {
    MemoryModel model =
        MemoryModel.llama(1).addHeader("blk.0.attn_q.weight", TensorType.F16, 4, 256);
    String message =
        assertThrows(
                FormatException.class, () -> QuantizationPlan.of(model, Recipe.of(FileType.Q2_K_S)))
            .getMessage();
    assertTrue(message.contains("'blk.0.attn_q.weight' would become Q2_K"), message);
    assertTrue(message.contains("importance matrix"), message);
  }

  /// Embeddings may become IQ1_M without weights, as by the reference, but not what has no rule for
  /// it.
  @ParameterizedTest
  @ValueSource(strings = {"token_embd.weight", "output.weight"})
  void whatNoCodecDoesWithoutWeightsIsRefusedForAnyTensor(String name) throws Exception {
    MemoryModel model = MemoryModel.llama(1).addHeader(name, TensorType.F16, 4, 256);
    for (FileType type : List.of(FileType.IQ1_S, FileType.IQ2_XXS, FileType.IQ2_XS)) {
      Recipe recipe = Recipe.of(type).with(Recipe.Option.PURE);
      String message =
          assertThrows(FormatException.class, () -> QuantizationPlan.of(model, recipe))
              .getMessage();
      assertTrue(message.contains("'%s' would become %s".formatted(name, type)), message);
    }
    Recipe recipe = Recipe.of(FileType.IQ1_M).with(Recipe.Option.PURE);
    assertEquals(TensorType.IQ1_M, typeOf(QuantizationPlan.of(model, recipe), name));
  }

  @Test
  void missingFactsAreNamed() {
    MemoryModel model = new MemoryModel(Metadata.empty());
    assertEquals(
        "memory.gguf: general.architecture is missing",
        assertThrows(
                FormatException.class, () -> QuantizationPlan.of(model, Recipe.of(FileType.Q8_0)))
            .getMessage());
  }

  @Test
  void prunedLayersTakeTheirPartOfArraysAlong() throws Exception {
    Metadata metadata =
        MemoryModel.llama(4).metadata().toBuilder()
            .put("llama.feed_forward_length", MetadataValue.Array.ofInts(10, 11, 12, 13))
            .put("llama.rope.dimension_sections", MetadataValue.Array.ofInts(1, 2, 3, 4))
            .put("tokenizer.ggml.token_type", MetadataValue.Array.ofInts(1, 1, 1, 1))
            .build();
    MemoryModel model = new MemoryModel(metadata);
    for (int layer = 0; layer < 4; layer++) {
      model.addHeader("blk." + layer + ".attn_q.weight", TensorType.F16, 64, 256);
    }
    QuantizationPlan plan =
        QuantizationPlan.of(model, Recipe.of(FileType.Q8_0).withoutLayers(List.of(2, 0)));
    Metadata written = plan.layout().metadata();
    assertEquals(
        List.of(new MetadataValue.Int32(11), new MetadataValue.Int32(13)),
        written.array("llama.feed_forward_length").orElseThrow());
    assertEquals(4, written.array("llama.rope.dimension_sections").orElseThrow().size());
    assertEquals(4, written.array("tokenizer.ggml.token_type").orElseThrow().size());
    assertEquals(2, written.integer("llama.block_count").orElseThrow());
    assertEquals(
        List.of(
            "blk.1.attn_q.weight -> blk.0.attn_q.weight",
            "blk.3.attn_q.weight -> blk.1.attn_q.weight"),
        plan.tasks().stream()
            .map(task -> task.source().name() + " -> " + task.target().name())
            .toList());
  }

  @Test
  void layersAreNumberedByTheirNumberAndNotByTheirName() throws Exception {
    MemoryModel model = MemoryModel.llama(12);
    for (int layer = 11; layer >= 0; layer--) {
      model.addHeader("enc.blk." + layer + ".attn_norm.weight", TensorType.F32, 8);
    }
    QuantizationPlan plan =
        QuantizationPlan.of(model, Recipe.of(FileType.Q8_0).withoutLayers(List.of(1)));
    for (TensorTask task : plan.tasks()) {
      int before = Integer.parseInt(task.source().name().replaceAll("\\D", ""));
      int after = Integer.parseInt(task.target().name().replaceAll("\\D", ""));
      assertEquals(before == 0 ? 0 : before - 1, after);
    }
    assertEquals(11, plan.tasks().size());
  }
}

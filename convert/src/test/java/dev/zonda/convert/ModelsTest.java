package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.block.Codecs;
import dev.zonda.testdata.SeededCheckpoint;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A folder that is opened for evaluation has the values of the checkpoint, whatever `convert`
/// would make of them.
class ModelsTest {
  private static final String NORM = "blk.0.attn_norm.weight";

  @TempDir private Path temp;

  @ParameterizedTest
  @CsvSource({"F64, F32", "F32, F32", "F16, F16", "BF16, BF16"})
  void matricesKeepTheTypeThatHoldsThem(String stored, TensorType type) throws IOException {
    Path folder = gemma(stored);
    try (GgufModel model = Models.open(folder)) {
      assertEquals(type, model.find("blk.0.ffn_up.weight").orElseThrow().type());
      assertEquals(type, model.find("token_embd.weight").orElseThrow().type());
      assertEquals(TensorType.F32, model.find(NORM).orElseThrow().type());
    }
    assertNothingIsRounded(folder);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama_gptq",
        "llama_ct_int4",
        "llama_ct_int8",
        "deepseek_v3_fp8",
        "ministral3_native",
        "mistral4_fp8"
      })
  void whatIsQuantizedIsUndoneInSinglePrecision(String family) throws IOException {
    Path folder = temp.resolve(family);
    SeededCheckpoint.writeNetwork(family, folder);
    try (GgufModel model = Models.open(folder)) {
      Set<TensorType> types =
          model.tensors().stream()
              .filter(tensor -> tensor.name().contains(".ffn_down"))
              .map(TensorInfo::type)
              .collect(Collectors.toSet());
      assertEquals(Set.of(TensorType.F32), types);
    }
    assertNothingIsRounded(folder);
  }

  @Test
  void fourBitFloatsStayWhatTheyAre() throws IOException {
    Path folder = temp.resolve("gpt_oss");
    SeededCheckpoint.writeNetwork("gpt_oss", folder);
    try (GgufModel model = Models.open(folder)) {
      assertEquals(TensorType.MXFP4, model.find("blk.0.ffn_down_exps.weight").orElseThrow().type());
    }
    assertNothingIsRounded(folder);
  }

  /// Of a model without matrices in 16 bits nothing is said about a type that nobody wants.
  @Test
  void noTypeIsChosen() throws IOException {
    try (Blueprint model = Conversion.open(gemma("F32"), ConversionOptions.FOR_EVALUATION)) {
      assertEquals(OutputType.EXACT, model.outputType());
      assertTrue(model.metadata().get("general.file_type").isEmpty());
      assertTrue(model.notes().stream().noneMatch(note -> note.contains("16-bit")));
    }
  }

  /// Norms that are stored as their difference from one are added up in single precision, as the
  /// model does; only the reference rounds the sum to half precision.
  @Test
  void normsOfHalfPrecisionAreRoundedForTheReferenceOnly() throws IOException {
    Path folder = gemma("F16");
    for (OutputType type : List.of(OutputType.F16, OutputType.F32, OutputType.AUTO)) {
      float[] right = values(folder, new ConversionOptions(type, Fidelity.CORRECTED), NORM);
      float[] reference = values(folder, new ConversionOptions(type, Fidelity.AS_REFERENCE), NORM);
      int rounded = 0;
      for (int i = 0; i < right.length; i++) {
        float difference = right[i] - 1;
        assertEquals(
            Float.float16ToFloat(Float.floatToFloat16(difference)) + 1, right[i], "of norm " + i);
        assertEquals(Float.float16ToFloat(Float.floatToFloat16(right[i])), reference[i]);
        rounded += right[i] == reference[i] ? 0 : 1;
      }
      assertNotEquals(0, rounded);
    }
    assertEquals(1, notesOnNorms(folder, Fidelity.CORRECTED));
    assertEquals(0, notesOnNorms(folder, Fidelity.AS_REFERENCE));
    assertEquals(0, notesOnNorms(gemma("BF16"), Fidelity.CORRECTED));
  }

  private static long notesOnNorms(Path folder, Fidelity fidelity) throws IOException {
    try (Blueprint model =
        Conversion.open(folder, new ConversionOptions(OutputType.AUTO, fidelity))) {
      return model.notes().stream()
          .filter(note -> note.startsWith("the norms, with 1 added"))
          .count();
    }
  }

  /// The family's tiny network with all tensors in one type.
  private Path gemma(String type) throws IOException {
    Path source = TestData.path("families/gemma3");
    List<String> tensors =
        Files.readAllLines(source.resolve("tensors.txt")).stream()
            .map(line -> line.replace(" BF16 ", " " + type + " "))
            .toList();
    Path folder = temp.resolve("gemma3-" + type);
    SeededCheckpoint.writeNetwork(
        "gemma3", Files.readString(source.resolve("config.json")), tensors, folder);
    return folder;
  }

  /// Single precision holds all that a checkpoint can have.
  private static void assertNothingIsRounded(Path folder) throws IOException {
    ConversionOptions single = new ConversionOptions(OutputType.F32, Fidelity.CORRECTED);
    try (GgufModel model = Models.open(folder);
        GgufModel exact = Conversion.open(folder, single)) {
      assertEquals(
          exact.tensors().stream().map(TensorInfo::name).toList(),
          model.tensors().stream().map(TensorInfo::name).toList());
      for (TensorInfo tensor : exact.tensors()) {
        assertArrayEquals(values(exact, tensor.name()), values(model, tensor.name()));
      }
    }
  }

  private static float[] values(Path folder, ConversionOptions options, String name)
      throws IOException {
    try (GgufModel model = Conversion.open(folder, options)) {
      return values(model, name);
    }
  }

  private static float[] values(GgufModel model, String name) throws IOException {
    TensorInfo tensor = model.find(name).orElseThrow();
    MemorySegment scratch = MemorySegment.ofArray(new byte[Math.toIntExact(tensor.bytes())]);
    MemorySegment rows = model.rows(tensor, 0, tensor.shape().rows(), scratch);
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    Codecs.of(tensor.type()).orElseThrow().dequantize(rows, 0, values, 0, values.length);
    return values;
  }
}

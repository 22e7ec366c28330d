package dev.zonda.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.Conversion;
import dev.zonda.convert.ConversionOptions;
import dev.zonda.convert.Models;
import dev.zonda.convert.OutputType;
import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.checkpoint.Checkpoints;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.formats.safetensors.SafetensorsLayout;
import dev.zonda.testdata.TestData;
import dev.zonda.verify.evaluation.Engine;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The forward pass against transformers' logits.
class GoldenLogitsTest {
  private static final double TOLERANCE = 1e-4;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "models/shakespeare-mistral, models/shakespeare-mistral.reference/golden-logits.safetensors",
    "zoo/llama2/hf, zoo/llama2/golden.safetensors",
    "zoo/mistral/hf, zoo/mistral/golden.safetensors",
    "zoo/mistral_swa/hf, zoo/mistral_swa/golden.safetensors"
  })
  void logitsAreTransformers(String model, String golden) throws IOException {
    Path file = folder.resolve("model.gguf");
    ConversionOptions f32 = new ConversionOptions(OutputType.F32, Fidelity.CORRECTED);
    try (GgufModel source = Conversion.open(TestData.path(model), f32)) {
      QuantizedCopies.copy(source, file);
    }
    try (GgufModel asFolder = Models.open(TestData.path(model));
        GgufModel asFile = GgufFile.open(file)) {
      GoldenLogits first = compare(asFolder, golden);
      assertTrue(first.maxAbsDiff() < TOLERANCE, first::toString);
      assertTrue(first.meanAbsDiff() < TOLERANCE / 10, first::toString);
      assertEquals(1, first.argmaxAgreement());
      // F32 holds the 16-bit weights exactly.
      assertEquals(first, compare(asFile, golden));
    }
  }

  /// What the reference's conversion loses is visible: the test above is no accident.
  @Test
  void withoutItsWindowTheModelIsAnother() throws IOException {
    ConversionOptions reference = new ConversionOptions(OutputType.AUTO, Fidelity.AS_REFERENCE);
    try (GgufModel model = Conversion.open(TestData.path("zoo/mistral_swa/hf"), reference)) {
      GoldenLogits found = compare(model, "zoo/mistral_swa/golden.safetensors");
      assertTrue(found.maxAbsDiff() > 1, found::toString);
    }
  }

  @Test
  void goldenMustFitTheModel() throws IOException {
    try (GgufModel model = Models.open(TestData.path("zoo/mistral/hf"))) {
      FormatException e =
          assertThrows(
              FormatException.class, () -> compare(model, "zoo/llama2/golden.safetensors"));
      assertEquals(
          TestData.path("zoo/llama2/golden.safetensors")
              + ": tensor 'logits' has shape [2, 48, 512], expected [2, 48, 384] for this model and"
              + " these input_ids",
          e.getMessage());
      FormatException other =
          assertThrows(
              FormatException.class,
              () -> compare(model, "models/shakespeare-mistral/model.safetensors"));
      assertEquals(
          TestData.path("models/shakespeare-mistral/model.safetensors")
              + ": has no tensor 'input_ids'",
          other.getMessage());
    }
  }

  /// A stored logit that is no number, before others that are, must not pass for a small
  /// difference.
  @Test
  void whatIsNoNumberShows() throws IOException {
    Path file = folder.resolve("nan.safetensors");
    SafetensorsLayout layout =
        SafetensorsLayout.plan(
            Metadata.empty(),
            List.of(
                new TensorSpec("input_ids", TensorType.I64, Shape.of(1, 2)),
                new TensorSpec("logits", TensorType.F32, Shape.of(1, 2, TinyModel.VOCABULARY))));
    try (TensorFile writer = TensorFile.create(file, layout, OverwritePolicy.FAIL)) {
      for (TensorInfo tensor : layout.tensors()) {
        ByteBuffer bytes =
            ByteBuffer.allocate(Math.toIntExact(tensor.bytes())).order(ByteOrder.LITTLE_ENDIAN);
        if (tensor.type() == TensorType.F32) {
          bytes.putFloat(0, Float.NaN);
        }
        writer.write(tensor, 0, MemorySegment.ofBuffer(bytes));
      }
      writer.commit();
    }
    try (Engine engine = Engine.of(1);
        Checkpoint stored = Checkpoints.open(file)) {
      GoldenLogits found = Measurements.golden(TinyModel.of(1), stored, engine);
      assertTrue(Double.isNaN(found.maxAbsDiff()), found::toString);
    }
  }

  private static GoldenLogits compare(GgufModel model, String golden) throws IOException {
    try (Engine engine = Engine.of(2);
        Checkpoint stored = Checkpoints.open(TestData.path(golden))) {
      return Measurements.golden(model, stored, engine);
    }
  }
}

package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.convert.Models;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.block.Codec;
import dev.zonda.quantize.block.Codecs;
import dev.zonda.quantize.block.Importance;
import dev.zonda.quantize.imatrix.ImportanceMatrix;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// The errors that docs/quantization.md gives for each type, measured anew on the 28 matrices of
/// the bundled model's layers. A failure names the figures that were found.
class WeightErrorTest {
  private static final String NOTHING = "–";

  /// Their searches take seconds.
  private static final Set<TensorType> SLOW_TYPES =
      Set.of(
          TensorType.IQ1_S,
          TensorType.IQ1_M,
          TensorType.IQ2_XXS,
          TensorType.IQ2_XS,
          TensorType.IQ2_S,
          TensorType.IQ3_XXS,
          TensorType.IQ3_S);

  private static final List<Matrix> MATRICES = new ArrayList<>();

  /// @param columns weight of each column
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Matrix(float[] values, int rowLength, float[] columns) {
    int rows() {
      return values.length / rowLength;
    }
  }

  /// Squares, summed up over all matrices.
  private static final class Sums {
    private double error;
    private double values;
    private double weightedError;
    private double weightedValues;

    void add(Matrix matrix, float[] quantized) {
      for (int i = 0; i < quantized.length; i++) {
        double value = matrix.values()[i];
        double difference = quantized[i] - value;
        double weight = matrix.columns()[i % matrix.rowLength()];
        error += difference * difference;
        values += value * value;
        weightedError += weight * difference * difference;
        weightedValues += weight * value * value;
      }
    }

    String plain() {
      return percent(error / values);
    }

    String weighted() {
      return percent(weightedError / weightedValues);
    }

    private static String percent(double squares) {
      return new BigDecimal(100 * Math.sqrt(squares))
          .round(new MathContext(3))
          .stripTrailingZeros()
          .toPlainString();
    }
  }

  @BeforeAll
  static void readMatrices() throws IOException {
    ImportanceMatrix importance =
        ImportanceMatrix.read(TestData.path("models/shakespeare-mistral.reference/imatrix.gguf"));
    try (GgufModel model = Models.open(TestData.shakespeareMistral())) {
      for (TensorInfo tensor : model.tensors()) {
        List<Importance> weights = importance.of(tensor, tensor.name());
        if (!weights.isEmpty()
            && weights.getFirst() instanceof Importance.Columns(float[] columns)) {
          int count = Math.toIntExact(tensor.shape().elements());
          MemorySegment scratch = MemorySegment.ofArray(new byte[(int) tensor.bytes()]);
          float[] values = new float[count];
          Codecs.of(tensor.type())
              .orElseThrow()
              .dequantize(
                  model.rows(tensor, 0, tensor.shape().rows(), scratch), 0, values, 0, count);
          MATRICES.add(new Matrix(values, (int) tensor.shape().rowLength(), columns));
        }
      }
    }
    assertEquals(28, MATRICES.size());
  }

  /// The cells of each type's row in the document's first table.
  private static Map<TensorType, List<String>> documented() throws IOException {
    Path home = TestData.path("models").getParent().getParent();
    Map<TensorType, List<String>> rows = new LinkedHashMap<>();
    for (String line : Files.readAllLines(home.resolve("docs/quantization.md"))) {
      List<String> cells = Stream.of(line.split("\\|", -1)).map(String::strip).toList();
      if (line.startsWith("## Choosing")) {
        break;
      }
      if (cells.size() == 10 && cells.get(1).matches("[A-Z0-9_]+")) {
        rows.put(TensorType.valueOf(cells.get(1)), cells.subList(5, 8));
      }
    }
    return rows;
  }

  @Test
  void everyTypeIsDocumented() throws IOException {
    for (TensorType type : TensorType.values()) {
      assertEquals(Codecs.of(type).isPresent(), documented().containsKey(type), type.name());
    }
  }

  @TestFactory
  Stream<DynamicTest> documentedErrorsAreFound() throws IOException {
    return tests(EnumSet.complementOf(EnumSet.copyOf(SLOW_TYPES)));
  }

  @TestFactory
  @Tag("slow")
  Stream<DynamicTest> documentedErrorsOfGridTypesAreFound() throws IOException {
    return tests(SLOW_TYPES);
  }

  private static Stream<DynamicTest> tests(Set<TensorType> types) throws IOException {
    return documented().entrySet().stream()
        .filter(row -> types.contains(row.getKey()))
        .map(row ->
            DynamicTest.dynamicTest(
                row.getKey().name(), () -> assertEquals(row.getValue(), measured(row.getKey()))));
  }

  /// What stands in the document: the error and the weighted error without a matrix, and the
  /// weighted error with it where that differs.
  private static List<String> measured(TensorType type) {
    Codec codec = Codecs.of(type).orElseThrow();
    Sums weighted = sums(codec, true);
    if (codec.requiresImportance()) {
      return List.of(NOTHING, NOTHING, weighted.weighted());
    }
    Sums plain = sums(codec, false);
    return List.of(
        plain.plain(),
        plain.weighted(),
        plain.weightedError == weighted.weightedError ? NOTHING : weighted.weighted());
  }

  private static Sums sums(Codec codec, boolean useMatrix) {
    Sums sums = new Sums();
    for (Matrix matrix : MATRICES) {
      Importance importance =
          useMatrix ? new Importance.Columns(matrix.columns()) : Importance.NONE;
      long bytes = codec.type().byteSize(matrix.rowLength()) * matrix.rows();
      MemorySegment blocks = MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]);
      codec.quantize(matrix.values(), matrix.rows(), matrix.rowLength(), importance, blocks, 0);
      float[] quantized = new float[matrix.values().length];
      codec.dequantize(blocks, 0, quantized, 0, quantized.length);
      sums.add(matrix, quantized);
    }
    return sums;
  }
}

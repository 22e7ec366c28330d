package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.quantize.FileType;
import dev.zonda.quantize.QuantizationPlan;
import dev.zonda.quantize.Recipe;
import dev.zonda.quantize.TensorTask;
import dev.zonda.testdata.TestData;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Types that tensors of published models get, against what llama-quantize plans for the same
/// files.
///
/// `testdata/golden/generate_plans.py` asks it; with `-Dzonda.headers=FOLDER` the files are left
/// there for the script, with holes for weights.
final class ShapePlans {
  private static final String BLOCK = "blk.N.";

  /// llama-quantize does not know it.
  private static final String OWN = "gptneo";

  private static final String HEADERS = System.getProperty("zonda.headers", "");
  private static final JsonNode PLANS =
      JsonMapper.shared().readTree(TestData.path("golden/plans.json").toFile());

  private ShapePlans() {}

  static void assertTypes(String name, Blueprint model) throws IOException {
    // What is quantized already is not quantized again without being asked to.
    boolean isQuantized = model.tensors().stream().anyMatch(tensor -> tensor.type().isQuantized());
    boolean isKnown = !model.metadata().text("general.architecture").orElseThrow().equals(OWN);
    if (!HEADERS.isEmpty() && !isQuantized) {
      writeHeader(model.layout(), Path.of(HEADERS).resolve(name + ".gguf"));
    } else if (!isQuantized && isKnown) {
      assertTrue(PLANS.has(name), () -> name + " has no plan: testdata/golden/generate_plans.py");
    }
    for (Map.Entry<String, JsonNode> plan : PLANS.path(name).properties()) {
      QuantizationPlan planned =
          QuantizationPlan.of(model, Recipe.of(FileType.parse(plan.getKey())));
      assertEquals(expected(plan.getValue()), types(planned), name + " " + plan.getKey());
    }
  }

  /// Types of tensors that get another one, over the layers.
  private static Map<String, List<TensorType>> types(QuantizationPlan plan) {
    Map<String, Map<Integer, TensorType>> byLayer = new TreeMap<>();
    for (TensorTask task : plan.tasks()) {
      if (task.source().type() != task.target().type()) {
        String name = task.source().name();
        boolean isLayers = name.startsWith("blk.");
        int layer = isLayers ? Integer.parseInt(name.split("\\.", -1)[1]) : 0;
        byLayer
            .computeIfAbsent(name.replaceFirst("^blk\\.\\d+\\.", BLOCK), _ -> new TreeMap<>())
            .put(layer, task.target().type());
      }
    }
    Map<String, List<TensorType>> types = new TreeMap<>();
    byLayer.forEach((name, layers) -> types.put(name, List.copyOf(layers.values())));
    return types;
  }

  /// Of names of tensors with equal types, and types such as `Q6_K*4 Q4_K`.
  private static Map<String, List<TensorType>> expected(JsonNode groups) {
    Map<String, List<TensorType>> types = new TreeMap<>();
    for (Map.Entry<String, JsonNode> group : groups.properties()) {
      List<TensorType> expanded = new ArrayList<>();
      for (String run : group.getValue().stringValue().split(" ", -1)) {
        String[] parts = run.split("\\*", -1);
        int count = parts.length == 1 ? 1 : Integer.parseInt(parts[1]);
        for (int i = 0; i < count; i++) {
          expanded.add(TensorType.valueOf(parts[0]));
        }
      }
      for (String name : group.getKey().split(" ", -1)) {
        types.put(name, List.copyOf(expanded));
      }
    }
    return types;
  }

  private static void writeHeader(GgufLayout layout, Path file) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      layout.writeHeader(out);
    }
    try (RandomAccessFile whole = new RandomAccessFile(file.toFile(), "rw")) {
      whole.setLength(layout.fileBytes());
    }
  }
}

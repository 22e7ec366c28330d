package dev.zonda.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.imatrix.ImportanceMatrix;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Holds the mixtures to what llama-quantize chose for the shapes of well-known models: see
/// `generate_mixtures.py` in the test data.
class MixtureTest {
  @TempDir private static Path folder;

  private static final JsonNode MODELS = models();

  private static JsonNode models() {
    try {
      return JsonMapper.shared()
          .readTree(Files.readString(TestData.path("golden/mixtures.json")))
          .get("models");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @TestFactory
  Stream<DynamicTest> typesAreThoseOfTheReference() {
    return MODELS
        .valueStream()
        .flatMap(model ->
            model
                .get("types")
                .propertyStream()
                .map(types ->
                    DynamicTest.dynamicTest(
                        model.get("name").asString() + ", " + types.getKey(),
                        () -> assertTypes(model, types.getKey(), types.getValue()))));
  }

  @Test
  void allFileTypesAreCovered() {
    for (FileType type : FileType.values()) {
      // Nothing changes in the models there.
      if (!Set.of(FileType.F32, FileType.BF16, FileType.COPY).contains(type)) {
        assertTrue(MODELS.get(0).get("types").has(type.name()), type.name());
      }
    }
  }

  private static void assertTypes(JsonNode model, String key, JsonNode expected)
      throws IOException {
    boolean weighted = key.endsWith("+imatrix");
    Recipe recipe = Recipe.of(FileType.parse(key.replace("+imatrix", "")));
    if (weighted) {
      recipe = recipe.with(anyMatrix());
    }
    List<TensorInfo> tensors = tensors(model).stream().sorted(new LayerOrder()).toList();
    TypeChooser chooser = new TypeChooser(metadata(model), tensors, recipe);
    Map<String, List<TensorType>> chosen = new TreeMap<>();
    for (TensorInfo tensor : tensors) {
      TensorType type = chooser.next(tensor);
      if (type != tensor.type()) {
        String name = tensor.name().replaceFirst("^blk\\.\\d+\\.", "blk.N.");
        chosen.computeIfAbsent(name, _ -> new ArrayList<>()).add(type);
      }
    }
    Map<String, List<TensorType>> wanted = new TreeMap<>();
    for (var group : expected.properties()) {
      for (String name : group.getKey().split(" ", -1)) {
        wanted.put(name, expanded(group.getValue().asString()));
      }
    }
    assertEquals(wanted, chosen);
  }

  private static Metadata metadata(JsonNode model) {
    Metadata.Builder metadata = Metadata.builder();
    for (var entry : model.get("metadata").properties()) {
      JsonNode value = entry.getValue();
      if (value.isString()) {
        metadata.putText(entry.getKey(), value.asString());
      } else if (value.isInt()) {
        metadata.putUint32(entry.getKey(), value.asLong());
      } else {
        metadata.putFloat32(entry.getKey(), (float) value.asDouble());
      }
    }
    return metadata.build();
  }

  private static List<TensorInfo> tensors(JsonNode model) {
    MemoryModel tensors = new MemoryModel(Metadata.empty());
    for (var entry : model.get("tensors").properties()) {
      String name = entry.getKey();
      long[] shape = entry.getValue().valueStream().mapToLong(JsonNode::asLong).toArray();
      boolean half = shape.length > 1 && !name.contains("gate_inp");
      TensorType type = half ? TensorType.BF16 : TensorType.F32;
      int layers = model.get("layers").asInt();
      int dense = model.get("dense_layers").asInt();
      switch (name.replaceFirst("^blk\\.([A-Z]+)\\..*", "$1")) {
        case "N" -> addLayers(tensors, name, 0, layers, type, shape);
        case "DENSE" -> addLayers(tensors, name, 0, dense, type, shape);
        case "SPARSE" -> addLayers(tensors, name, dense, layers, type, shape);
        default -> tensors.addHeader(name, type, shape);
      }
    }
    return tensors.tensors();
  }

  private static void addLayers(
      MemoryModel tensors, String name, int from, int to, TensorType type, long... shape) {
    for (int layer = from; layer < to; layer++) {
      tensors.addHeader(name.replaceFirst("[A-Z]+", Integer.toString(layer)), type, shape);
    }
  }

  /// For example `Q6_K*4 Q4_K`.
  private static List<TensorType> expanded(String runs) {
    List<TensorType> types = new ArrayList<>();
    for (String run : runs.split(" ", -1)) {
      String[] parts = run.split("\\*", -1);
      int count = parts.length == 1 ? 1 : Integer.parseInt(parts[1]);
      for (int i = 0; i < count; i++) {
        types.add(TensorType.valueOf(parts[0]));
      }
    }
    return types;
  }

  /// The choice depends on whether there is a matrix, not on what is in it.
  private static ImportanceMatrix anyMatrix() throws IOException {
    Path file = folder.resolve("any.dat");
    ByteBuffer bytes = ByteBuffer.allocate(21).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(1).putInt(1).put("x".getBytes(StandardCharsets.UTF_8)).putInt(1).putInt(1);
    bytes.putFloat(1);
    Files.write(file, bytes.array());
    return ImportanceMatrix.read(file);
  }
}

package dev.zonda.formats.checkpoint;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.InputFile;
import dev.zonda.formats.io.JsonInput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// What a `model.safetensors.index.json` or `pytorch_model.bin.index.json` says: which file holds
/// which tensor.
final class ShardIndex {
  static final int MOST_TENSORS = 1 << 19;

  private static final String WEIGHT_MAP = "weight_map";

  private ShardIndex() {}

  /// @return file names by tensor name
  static Map<String, String> read(InputFile index) throws IOException {
    try (InputFile file = index) {
      Path path = file.path();
      if (file.size() > JsonInput.MOST_BYTES) {
        throw FormatException.in(
            path, "has " + file.size() + " bytes, expected at most " + JsonInput.MOST_BYTES);
      }
      try (JsonInput json = JsonInput.open(file, 0, file.size())) {
        Map<String, String> weightMap = Map.of();
        while (json.nextKey()) {
          if (json.key().equals(WEIGHT_MAP)) {
            weightMap = weightMap(json);
          } else {
            json.skip();
          }
        }
        json.end();
        if (weightMap.isEmpty()) {
          throw FormatException.in(path, "has no " + WEIGHT_MAP + " or an empty one");
        }
        return weightMap;
      }
    }
  }

  private static Map<String, String> weightMap(JsonInput json) throws FormatException {
    Map<String, String> weightMap = new HashMap<>();
    Map<String, String> files = new HashMap<>();
    json.object(WEIGHT_MAP);
    while (json.nextKey()) {
      if (weightMap.size() == MOST_TENSORS) {
        throw json.fault("the index lists more than " + MOST_TENSORS + " tensors");
      }
      String tensor = json.key();
      String file = json.string(WEIGHT_MAP + " '" + tensor + "'");
      // Thousands of tensors share a name of a file: one string is enough.
      weightMap.put(tensor, files.computeIfAbsent(file, name -> name));
    }
    return weightMap;
  }
}

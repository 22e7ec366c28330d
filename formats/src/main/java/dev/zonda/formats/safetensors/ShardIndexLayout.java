package dev.zonda.formats.safetensors;

import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.output.FileLayout;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// The index that says which of several files holds which tensor: no tensors, only text.
///
/// @param json ASCII
record ShardIndexLayout(String json) implements FileLayout {
  /// The text that Hugging Face's libraries write, by Python's `json.dumps(index, indent=2,
  /// sort_keys=True)`.
  ///
  /// @param names of the shards
  static ShardIndexLayout of(List<String> names, List<SafetensorsLayout> shards) {
    Map<String, String> shardOf = new TreeMap<>(SafetensorsLayout.BY_CODE_POINTS);
    long bytes = 0;
    for (int i = 0; i < shards.size(); i++) {
      for (TensorInfo tensor : shards.get(i).tensors()) {
        shardOf.put(tensor.name(), names.get(i));
        bytes = Math.addExact(bytes, tensor.bytes());
      }
    }
    String entries =
        shardOf.entrySet().stream()
            .map(entry -> "    %s: \"%s\"".formatted(quoted(entry.getKey()), entry.getValue()))
            .collect(Collectors.joining(",\n"));
    return new ShardIndexLayout(
        """
        {
          "metadata": {
            "total_size": %d
          },
          "weight_map": {
        %s
          }
        }
        """
            .formatted(bytes, entries));
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> quoted.append('\\').append(c);
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        case '\f' -> quoted.append("\\f");
        case '\b' -> quoted.append("\\b");
        default -> {
          if (c >= ' ' && c <= '~') {
            quoted.append(c);
          } else {
            quoted.append("\\u%04x".formatted((int) c));
          }
        }
      }
    }
    return quoted.append('"').toString();
  }

  @Override
  public List<TensorInfo> tensors() {
    return List.of();
  }

  @Override
  public long fileBytes() {
    return json.length();
  }

  @Override
  public void writeHeader(OutputStream out) throws IOException {
    out.write(json.getBytes(StandardCharsets.US_ASCII));
  }
}

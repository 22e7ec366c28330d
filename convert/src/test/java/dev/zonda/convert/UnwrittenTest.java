package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.Metadata;
import dev.zonda.testdata.SeededCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What GGUF has no key for is kept for evaluations of the folder, and noted, but never written.
class UnwrittenTest {
  @TempDir private Path temp;

  private Blueprint open(String network) throws IOException {
    Path folder = temp.resolve(network);
    SeededCheckpoint.writeNetwork(network, folder);
    return Conversion.open(folder, ConversionOptions.DEFAULT);
  }

  @Test
  void dynamicScalingIsKept() throws IOException {
    try (Blueprint blueprint = open("llama3_dynamic")) {
      Metadata expected =
          Metadata.builder()
              .putText("llama.rope.scaling.type", "dynamic")
              .putFloat32("llama.rope.scaling.factor", 4)
              .putUint32("llama.rope.scaling.original_context_length", 16)
              .build();
      assertEquals(expected, blueprint.unwritten());
      expected
          .entries()
          .keySet()
          .forEach(key -> assertTrue(blueprint.metadata().get(key).isEmpty(), key));
      assertTrue(
          blueprint.notes().stream().anyMatch(note -> note.startsWith("rope_type is 'dynamic'")));
    }
  }

  @Test
  void chunksOfTheirOwnAreKept() throws IOException {
    try (Blueprint blueprint = open("llama4_chunked")) {
      Metadata expected =
          Metadata.builder()
              .putUint32("llama4.attention.chunk_size", 16)
              .putFloat32("llama4.attention.temperature_scale", 0.3f)
              .putUint32("llama4.attention.temperature_length", 8)
              .build();
      assertEquals(expected, blueprint.unwritten());
      assertTrue(blueprint.metadata().get("llama4.attention.chunk_size").isEmpty());
      assertEquals(
          3, blueprint.notes().stream().filter(note -> note.contains("GGUF has no key")).count());
    }
  }

  @Test
  void publishedModelsHaveNothingToKeep() throws IOException {
    try (Blueprint blueprint = open("llama4")) {
      assertEquals(Metadata.empty(), blueprint.unwritten());
    }
  }
}

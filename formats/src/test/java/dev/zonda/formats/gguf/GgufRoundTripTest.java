package dev.zonda.formats.gguf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.output.TensorFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufRoundTripTest {
  @TempDir Path folder;

  @Test
  void whatIsWrittenIsReadAgain() throws IOException {
    for (long seed = 0; seed < 100; seed++) {
      RandomGguf random = RandomGguf.of(seed);
      Path path = folder.resolve("a.gguf");
      random.write(path);
      assertEquals(random.layout().fileBytes(), Files.size(path), "seed " + seed);
      try (GgufFile file = GgufFile.open(path)) {
        assertEquals(random.layout().metadata(), file.metadata(), "seed " + seed);
        assertEquals(random.layout().tensors(), file.tensors(), "seed " + seed);
        assertEquals(random.layout().alignment(), file.alignment());
        for (TensorInfo tensor : file.tensors()) {
          assertArrayEquals(random.contents().get(tensor.name()), bytes(file.data(tensor)));
        }
      }
    }
  }

  @Test
  void whatIsReadIsWrittenAgainToTheByte() throws IOException {
    for (long seed = 0; seed < 100; seed++) {
      Path first = folder.resolve("a.gguf");
      RandomGguf.of(seed).write(first);
      Path second = folder.resolve("b.gguf");
      try (GgufFile file = GgufFile.open(first)) {
        copy(file, second);
      }
      assertEquals(-1, Files.mismatch(first, second), "seed " + seed);
    }
  }

  @Test
  void smallFileIsReadAsItWasPutTogether() throws IOException {
    for (int version = 2; version <= 3; version++) {
      for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
        Path path = folder.resolve("small.gguf");
        Files.write(path, GgufBytes.small(order, version).toBytes());
        try (GgufFile file = GgufFile.open(path)) {
          assertEquals(version, file.version());
          assertEquals(order, file.order());
          assertEquals(smallMetadata(), file.metadata());
          TensorInfo embedding = file.find("token_embd.weight").orElseThrow();
          assertEquals(Shape.of(3, 4), embedding.shape());
          assertArrayEquals(
              new byte[] {0x0b, 0, 0x34, 0x12}, bytes(file.data(embedding).asSlice(20, 4)));
          assertArrayEquals(
              new float[] {1, 2, 3, 4, 5, 6, 7, 8},
              file.data(file.find("output_norm.weight").orElseThrow())
                  .toArray(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN)));
          Path copy = folder.resolve("copy.gguf");
          copy(file, copy);
          assertArrayEquals(
              GgufBytes.small(ByteOrder.LITTLE_ENDIAN, 3).toBytes(), Files.readAllBytes(copy));
        }
      }
    }
  }

  @Test
  void rowsAreThoseOfTheWhole() throws IOException {
    for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
      Path path = folder.resolve("rows.gguf");
      Files.write(path, GgufBytes.small(order, 3).toBytes());
      try (GgufFile file = GgufFile.open(path)) {
        TensorInfo tensor = file.find("token_embd.weight").orElseThrow();
        byte[] whole = bytes(file.data(tensor));
        MemorySegment scratch = MemorySegment.ofArray(new byte[16]);
        assertArrayEquals(
            Arrays.copyOfRange(whole, 8, 24), bytes(file.rows(tensor, 1, 2, scratch)));
        assertEquals(0, file.rows(tensor, 3, 0, scratch).byteSize());
      }
    }
  }

  @Test
  void missingPaddingBehindTheLastTensorIsAccepted() throws IOException {
    Path path = folder.resolve("unpadded.gguf");
    Files.write(
        path,
        GgufBytes.start(1, 0).tensor("x", TensorType.F32, 0, 3).align(32).zeros(12).toBytes());
    try (GgufFile file = GgufFile.open(path)) {
      assertEquals(12, file.data(file.tensors().getFirst()).byteSize());
    }
  }

  private static void copy(GgufFile file, Path target) throws IOException {
    GgufLayout layout =
        GgufLayout.plan(file.metadata(), file.tensors().stream().map(TensorInfo::spec).toList());
    try (TensorFile writer = TensorFile.create(target, layout, OverwritePolicy.REPLACE)) {
      for (TensorInfo tensor : layout.tensors()) {
        writer.write(tensor, 0, file.data(file.find(tensor.name()).orElseThrow()));
      }
      writer.commit();
    }
  }

  private static byte[] bytes(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_BYTE);
  }

  private static Metadata smallMetadata() {
    return Metadata.builder()
        .putText("general.architecture", "llama")
        .put("uint8", new MetadataValue.Uint8(254))
        .put("int8", new MetadataValue.Int8((byte) -2))
        .put("uint16", new MetadataValue.Uint16(65_534))
        .put("int16", new MetadataValue.Int16((short) -2))
        .put("uint32", new MetadataValue.Uint32(4_294_967_294L))
        .put("int32", new MetadataValue.Int32(-2))
        .put("float32", new MetadataValue.Float32(1.5f))
        .put("bool", new MetadataValue.Bool(true))
        .put("uint64", new MetadataValue.Uint64(-2))
        .put("int64", new MetadataValue.Int64(-2))
        .put("float64", new MetadataValue.Float64(-2.5))
        .put("strings", MetadataValue.Array.ofStrings(List.of("a", "", "▁und")))
        .put(
            "ints",
            new MetadataValue.Array(
                MetadataType.INT16,
                List.of(
                    new MetadataValue.Int16((short) 1),
                    new MetadataValue.Int16((short) -1),
                    new MetadataValue.Int16((short) 300))))
        .put(
            "nested",
            new MetadataValue.Array(
                MetadataType.ARRAY,
                List.of(
                    new MetadataValue.Array(
                        MetadataType.UINT8,
                        List.of(new MetadataValue.Uint8(7), new MetadataValue.Uint8(8))),
                    new MetadataValue.Array(
                        MetadataType.ARRAY,
                        List.of(MetadataValue.Array.ofStrings(List.of("deep")))),
                    new MetadataValue.Array(MetadataType.FLOAT64, List.of()))))
        .build();
  }
}

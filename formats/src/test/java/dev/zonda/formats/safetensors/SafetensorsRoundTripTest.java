package dev.zonda.formats.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsRoundTripTest {
  private static final List<TensorType> TYPES =
      Arrays.stream(TensorType.values())
          .filter(type -> type.safetensorsName().isPresent())
          .toList();

  @TempDir Path folder;

  @Test
  void whatIsWrittenIsReadAgain() throws IOException {
    for (long seed = 0; seed < 100; seed++) {
      Random random = Random.from(new SplittableRandom(seed));
      Metadata metadata = metadata(random);
      SafetensorsLayout layout = SafetensorsLayout.plan(metadata, specs(random));
      Map<String, byte[]> contents = new HashMap<>();
      for (TensorInfo tensor : layout.tensors()) {
        byte[] bytes = new byte[Math.toIntExact(tensor.bytes())];
        random.nextBytes(bytes);
        contents.put(tensor.name(), bytes);
      }
      Path path = folder.resolve("a.safetensors");
      write(path, layout, contents);
      assertEquals(layout.fileBytes(), Files.size(path));
      assertEquals(0, layout.dataOffset() % 8);
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        assertEquals(metadata, file.metadata());
        assertEquals(layout.tensors(), file.tensors());
        for (TensorInfo tensor : file.tensors()) {
          assertArrayEquals(
              contents.get(tensor.name()), file.data(tensor).toArray(ValueLayout.JAVA_BYTE));
        }
      }
    }
  }

  /// These were written by the reference library, from PyTorch.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "models/shakespeare-mistral/model.safetensors",
        "models/shakespeare-mistral.reference/golden-logits.safetensors",
        "zoo/llama2/hf/model-00002-of-00003.safetensors",
        "zoo/mistral/hf/model-00001-of-00002.safetensors"
      })
  void filesOfTheReferenceAreWrittenAgainToTheByte(String name) throws IOException {
    Path original = TestData.path(name);
    Path copy = folder.resolve("copy.safetensors");
    try (SafetensorsFile file = SafetensorsFile.open(original)) {
      SafetensorsLayout layout =
          SafetensorsLayout.plan(
              file.metadata(), file.tensors().stream().map(TensorInfo::spec).toList());
      Map<String, byte[]> contents = new HashMap<>();
      for (TensorInfo tensor : file.tensors()) {
        contents.put(tensor.name(), file.data(tensor).toArray(ValueLayout.JAVA_BYTE));
      }
      write(copy, layout, contents);
    }
    assertEquals(-1, Files.mismatch(original, copy));
  }

  @Test
  void everyTypeHasItsPlace() {
    List<TensorSpec> specs =
        TYPES.stream()
            .map(type -> new TensorSpec(type.name(), type, Shape.of(type.blockSize())))
            .toList();
    List<TensorInfo> placed = SafetensorsLayout.plan(Metadata.empty(), specs).tensors();
    assertEquals(TensorType.U64, placed.getFirst().type());
    assertEquals(TensorType.BOOL, placed.getLast().type());
    for (TensorInfo tensor : placed) {
      int width = tensor.type().isQuantized() ? 1 : tensor.type().blockBytes();
      assertEquals(0, tensor.offset() % width, tensor.name());
    }
  }

  /// As Rust compares strings; Java would put the last one second.
  @Test
  void namesAreOrderedByCodePoints() {
    List<String> names = List.of("a", "\uffee", "\ud83e\udd8a");
    List<TensorSpec> specs =
        names.reversed().stream()
            .map(name -> new TensorSpec(name, TensorType.I8, Shape.of(1)))
            .toList();
    assertEquals(
        names,
        SafetensorsLayout.plan(Metadata.empty(), specs).tensors().stream()
            .map(TensorInfo::name)
            .toList());
  }

  @Test
  void unknownKeysOfATensorAreIgnored() throws IOException {
    Path path = folder.resolve("a.safetensors");
    Files.write(
        path,
        BrokenSafetensors.file(
            "{\"x\":{\"more\":[{\"a\":[]}],\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}",
            1));
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertEquals(
          new TensorSpec("x", TensorType.U8, Shape.of()), file.tensors().getFirst().spec());
    }
  }

  @Test
  void whatReadersRefuseIsNotPlanned() {
    TensorSpec tensor = new TensorSpec("x", TensorType.F32, Shape.of(1));
    assertRefused(Metadata.builder().putUint32("a", 1).build(), tensor);
    assertRefused(Metadata.empty(), tensor, tensor);
    assertRefused(Metadata.empty(), new TensorSpec("__metadata__", TensorType.F32, Shape.of(1)));
    assertRefused(Metadata.empty(), new TensorSpec("x", TensorType.Q4_0, Shape.of(32)));
  }

  private static void assertRefused(Metadata metadata, TensorSpec... specs) {
    assertThrows(
        IllegalArgumentException.class, () -> SafetensorsLayout.plan(metadata, List.of(specs)));
  }

  private static void write(Path path, SafetensorsLayout layout, Map<String, byte[]> contents)
      throws IOException {
    try (TensorFile writer = TensorFile.create(path, layout, OverwritePolicy.REPLACE)) {
      List<TensorInfo> shuffled = new ArrayList<>(layout.tensors());
      Collections.shuffle(shuffled, new Random(1));
      for (TensorInfo tensor : shuffled) {
        writer.write(tensor, 0, MemorySegment.ofArray(contents.get(tensor.name())));
      }
      writer.commit();
    }
  }

  private static Metadata metadata(Random random) {
    Metadata.Builder metadata = Metadata.builder();
    int keys = random.nextInt(4);
    for (int i = 0; i < keys; i++) {
      metadata.putText("key " + i + text(random), text(random));
    }
    return metadata.build();
  }

  private static List<TensorSpec> specs(Random random) {
    List<TensorSpec> specs = new ArrayList<>();
    int tensors = random.nextInt(8);
    for (int i = 0; i < tensors; i++) {
      TensorType type = TYPES.get(random.nextInt(TYPES.size()));
      int rank = type.isQuantized() ? 1 + random.nextInt(5) : random.nextInt(6);
      long[] dimensions = new long[rank];
      for (int j = 0; j < rank; j++) {
        dimensions[j] = random.nextInt(5);
      }
      if (rank > 0) {
        dimensions[rank - 1] *= type.blockSize();
      }
      specs.add(new TensorSpec("layer." + i + text(random), type, Shape.of(dimensions)));
    }
    return specs;
  }

  /// Quotes, backslashes, control characters and characters of two to four bytes.
  private static String text(Random random) {
    int[] characters = {'a', '"', '\\', '\n', 0, 0x7f, 0xe9, 0x2581, 0x1f98a, '/'};
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(6);
    for (int i = 0; i < length; i++) {
      text.appendCodePoint(characters[random.nextInt(characters.length)]);
    }
    return text.toString();
  }
}

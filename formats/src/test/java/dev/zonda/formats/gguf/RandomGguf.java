package dev.zonda.formats.gguf;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.output.TensorFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;

/// Right files with random content: the same for the same seed.
///
/// @param contents the bytes of each tensor
record RandomGguf(GgufLayout layout, Map<String, byte[]> contents) {
  private static final List<TensorType> TYPES =
      Arrays.stream(TensorType.values()).filter(TensorType::isGgml).toList();

  static RandomGguf of(long seed) {
    Random random = Random.from(new SplittableRandom(seed));
    Metadata.Builder metadata = Metadata.builder();
    if (random.nextBoolean()) {
      metadata.putUint32(GgufLayout.ALIGNMENT_KEY, 8L << random.nextInt(8));
    }
    int keys = random.nextInt(12);
    for (int i = 0; i < keys; i++) {
      metadata.put("key " + i + name(random), value(random, 0));
    }
    List<TensorSpec> specs = new ArrayList<>();
    int tensors = random.nextInt(8);
    for (int i = 0; i < tensors; i++) {
      specs.add(spec("blk." + i + name(random), random));
    }
    GgufLayout layout = GgufLayout.plan(metadata.build(), specs);
    Map<String, byte[]> contents = new LinkedHashMap<>();
    for (TensorInfo tensor : layout.tensors()) {
      byte[] bytes = new byte[Math.toIntExact(tensor.bytes())];
      random.nextBytes(bytes);
      contents.put(tensor.name(), bytes);
    }
    return new RandomGguf(layout, contents);
  }

  void write(Path target) throws IOException {
    try (TensorFile writer = TensorFile.create(target, layout, OverwritePolicy.REPLACE)) {
      List<TensorInfo> shuffled = new ArrayList<>(layout.tensors());
      Collections.shuffle(shuffled, new Random(1));
      for (TensorInfo tensor : shuffled) {
        writer.write(tensor, 0, MemorySegment.ofArray(contents.get(tensor.name())));
      }
      writer.commit();
    }
  }

  /// A type, and a shape of rank 0 to 4 that suits it; dimensions may be zero.
  private static TensorSpec spec(String name, Random random) {
    TensorType type = TYPES.get(random.nextInt(TYPES.size()));
    int rank = type.isQuantized() ? 1 + random.nextInt(4) : random.nextInt(5);
    long[] dimensions = new long[rank];
    for (int i = 0; i < rank; i++) {
      dimensions[i] = random.nextInt(6);
    }
    if (rank > 0) {
      dimensions[rank - 1] *= type.blockSize();
    }
    return new TensorSpec(name, type, Shape.of(dimensions));
  }

  private static MetadataValue value(Random random, int depth) {
    MetadataType[] types = MetadataType.values();
    return value(types[random.nextInt(types.length)], random, depth);
  }

  private static MetadataValue value(MetadataType type, Random random, int depth) {
    return switch (type) {
      case UINT8 -> new MetadataValue.Uint8(random.nextInt(256));
      case INT8 -> new MetadataValue.Int8((byte) random.nextInt());
      case UINT16 -> new MetadataValue.Uint16(random.nextInt(65_536));
      case INT16 -> new MetadataValue.Int16((short) random.nextInt());
      case UINT32 -> new MetadataValue.Uint32(random.nextLong(1L << 32));
      case INT32 -> new MetadataValue.Int32(random.nextInt());
      case FLOAT32 -> new MetadataValue.Float32(Float.intBitsToFloat(random.nextInt()));
      case BOOL -> new MetadataValue.Bool(random.nextBoolean());
      case STRING -> new MetadataValue.Text(text(random));
      case UINT64 -> new MetadataValue.Uint64(random.nextLong());
      case INT64 -> new MetadataValue.Int64(random.nextLong());
      case FLOAT64 -> new MetadataValue.Float64(Double.longBitsToDouble(random.nextLong()));
      case ARRAY -> array(random, depth);
    };
  }

  private static MetadataValue array(Random random, int depth) {
    MetadataType[] types = MetadataType.values();
    MetadataType element = types[random.nextInt(types.length)];
    if (element == MetadataType.ARRAY && depth == 3) {
      element = MetadataType.STRING;
    }
    List<MetadataValue> values = new ArrayList<>();
    int size = random.nextInt(5);
    for (int i = 0; i < size; i++) {
      values.add(value(element, random, depth + 1));
    }
    return new MetadataValue.Array(element, List.copyOf(values));
  }

  /// Any bytes; often no valid UTF-8. Names are UTF-8 without zero bytes.
  private static String name(Random random) {
    return random
        .ints(random.nextInt(9), 1, 0x3000)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static String text(Random random) {
    byte[] bytes = new byte[random.nextInt(9)];
    random.nextBytes(bytes);
    return random.nextBoolean()
        ? GgufText.decode(bytes, 0, bytes.length)
        : new String(bytes, StandardCharsets.ISO_8859_1);
  }
}

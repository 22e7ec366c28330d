package dev.zonda.quantize.imatrix;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.io.MappedFile;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.quantize.imatrix.ActivationSums.Entry;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.TreeMap;

/// An importance matrix in GGUF: for each tensor the sums of squares (`NAME.in_sum2`, a row for
/// each matrix) and how many activations went into them (`NAME.counts`, one for each matrix).
final class GgufImatrix {
  private static final int MAGIC = 0x46554747;
  private static final String SUMS = ".in_sum2";
  private static final String COUNTS = ".counts";
  private static final String DATASETS_KEY = "imatrix.datasets";
  private static final String CHUNKS_KEY = "imatrix.chunk_count";
  private static final String CHUNK_SIZE_KEY = "imatrix.chunk_size";
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private GgufImatrix() {}

  static boolean isGguf(MappedFile file) throws IOException {
    return file.size() >= Integer.BYTES && file.cursor(Integer.BYTES).i32("magic") == MAGIC;
  }

  static ImportanceMatrix read(Path path) throws IOException {
    try (GgufFile file = GgufFile.open(path)) {
      Header header = header(file);
      TreeMap<String, float[]> weights = new TreeMap<>();
      entries(file).forEach((name, entry) -> weights.put(name, weights(entry)));
      return new ImportanceMatrix(
          path, weights, header.datasets().stream().findFirst(), header.chunks());
    }
  }

  static ActivationSums sums(Path path, OptionalInt chunkSize) throws IOException {
    try (GgufFile file = GgufFile.open(path)) {
      Header header = header(file);
      long size = chunkSize.isPresent() ? chunkSize.getAsInt() : header.chunkSize();
      if (size < 1 || size > Integer.MAX_VALUE) {
        throw FormatException.in(path, CHUNK_SIZE_KEY + " is " + size + ", expected 1 or more");
      }
      return new ActivationSums(entries(file), header.datasets(), (int) size);
    }
  }

  /// What the metadata say.
  private record Header(List<String> datasets, long chunks, long chunkSize) {}

  private static Header header(GgufFile file) throws FormatException {
    Metadata metadata = file.metadata();
    OptionalLong chunks = metadata.integer(CHUNKS_KEY);
    OptionalLong chunkSize = metadata.integer(CHUNK_SIZE_KEY);
    if (chunks.isEmpty() || chunkSize.isEmpty() || metadata.get(DATASETS_KEY).isEmpty()) {
      throw FormatException.in(
          file.path(),
          "is not an importance matrix: it lacks %s, %s or %s"
              .formatted(DATASETS_KEY, CHUNKS_KEY, CHUNK_SIZE_KEY));
    }
    List<String> datasets =
        metadata.array(DATASETS_KEY).orElse(List.of()).stream()
            .flatMap(value ->
                value instanceof MetadataValue.Text(String text)
                    ? Optional.of(text).stream()
                    : Optional.<String>empty().stream())
            .toList();
    return new Header(datasets, chunks.getAsLong(), chunkSize.getAsLong());
  }

  private static SequencedMap<String, Entry> entries(GgufFile file) throws FormatException {
    TreeMap<String, Entry> entries = new TreeMap<>();
    for (TensorInfo tensor : file.tensors()) {
      if (tensor.name().endsWith(SUMS)) {
        String name = tensor.name().substring(0, tensor.name().length() - SUMS.length());
        entries.put(name, entry(file, tensor, name));
      } else if (tensor.name().endsWith(COUNTS)) {
        String name = tensor.name().substring(0, tensor.name().length() - COUNTS.length());
        find(file, name + SUMS);
      }
    }
    if (entries.isEmpty()) {
      throw FormatException.in(
          file.path(), "is not an importance matrix: no tensor is named …" + SUMS);
    }
    return entries;
  }

  private static Entry entry(GgufFile file, TensorInfo sumsInfo, String name)
      throws FormatException {
    float[] sums = floats(file, sumsInfo);
    float[] counts = floats(file, find(file, name + COUNTS));
    if (counts.length == 0 || sums.length % counts.length != 0) {
      throw FormatException.in(
          file.path(),
          "'%s' has %d sums and %d counts, expected the same number of sums for each count"
              .formatted(name, sums.length, counts.length));
    }
    long[] rounded = new long[counts.length];
    for (int i = 0; i < counts.length; i++) {
      // As lround does: half away from zero. Counts are not negative.
      rounded[i] = (long) (counts[i] + 0.5);
    }
    return new Entry(sums, rounded);
  }

  private static float[] weights(Entry entry) {
    float[] weights = entry.sums().clone();
    int columns = entry.sumsPerCount();
    for (int i = 0; i < weights.length; i++) {
      float count = entry.counts()[i / columns];
      // For experts that were never chosen, all columns weigh the same.
      weights[i] = count > 0 ? weights[i] / count : 1;
    }
    return weights;
  }

  /// Writes sums as llama-imatrix does.
  static void write(ActivationSums sums, Path path, OverwritePolicy policy) throws IOException {
    Metadata metadata =
        Metadata.builder()
            .putText("general.type", "imatrix")
            .put(DATASETS_KEY, MetadataValue.Array.ofStrings(sums.datasets()))
            .putUint32(CHUNKS_KEY, sums.chunks())
            .putUint32(CHUNK_SIZE_KEY, sums.chunkSize())
            .build();
    requireNames(sums, path);
    List<TensorSpec> specs = new ArrayList<>();
    sums.entries()
        .forEach((name, entry) -> {
          int matrices = entry.counts().length;
          specs.add(
              new TensorSpec(name + SUMS, TensorType.F32, shape(matrices, entry.sumsPerCount())));
          specs.add(new TensorSpec(name + COUNTS, TensorType.F32, shape(matrices, 1)));
        });
    GgufLayout layout = GgufLayout.plan(metadata, specs);
    try (TensorFile writer = TensorFile.create(path, layout, policy)) {
      for (TensorInfo tensor : layout.tensors()) {
        writer.write(tensor, 0, bytes(values(sums, tensor.name())));
      }
      writer.commit();
    }
  }

  /// Names of matrices come from files, and get longer here.
  private static void requireNames(ActivationSums sums, Path path) throws FormatException {
    for (String name : sums.entries().keySet()) {
      Optional<String> problem = GgufLayout.problemOfTensorName(name + SUMS);
      if (problem.isPresent()) {
        throw FormatException.in(
            path, "cannot hold '%s': its name %s".formatted(name + SUMS, problem.get()));
      }
    }
  }

  /// GGUF does not write outer dimensions of one.
  private static Shape shape(int matrices, int columns) {
    return matrices == 1 ? Shape.of(columns) : Shape.of(matrices, columns);
  }

  private static float[] values(ActivationSums sums, String tensor) {
    if (tensor.endsWith(SUMS)) {
      return sums.entries().get(tensor.substring(0, tensor.length() - SUMS.length())).sums();
    }
    long[] counts =
        sums.entries().get(tensor.substring(0, tensor.length() - COUNTS.length())).counts();
    float[] values = new float[counts.length];
    for (int i = 0; i < counts.length; i++) {
      values[i] = counts[i];
    }
    return values;
  }

  private static MemorySegment bytes(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return MemorySegment.ofBuffer(bytes);
  }

  private static TensorInfo find(GgufFile file, String name) throws FormatException {
    return file.find(name)
        .orElseThrow(() -> FormatException.in(file.path(), "tensor '" + name + "' is missing"));
  }

  private static float[] floats(GgufFile file, TensorInfo tensor) throws FormatException {
    if (tensor.type() != TensorType.F32) {
      throw FormatException.in(
          file.path(),
          "tensor '%s' is of type %s, expected F32".formatted(tensor.name(), tensor.type()));
    }
    return file.data(tensor).toArray(FLOAT);
  }
}

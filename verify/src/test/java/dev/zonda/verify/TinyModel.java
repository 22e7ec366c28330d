package dev.zonda.verify;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufModel;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.SplittableRandom;

/// A Llama of random F32 weights in memory, with sizes that leave a tail everywhere.
public final class TinyModel implements GgufModel {
  public static final int VOCABULARY = 83;
  public static final int HIDDEN = 36;
  static final int FEED_FORWARD = 301;
  public static final int LAYERS = 2;
  public static final OptionalInt BOS = OptionalInt.of(1);

  private final Metadata metadata;
  private final SequencedMap<String, float[]> values = new LinkedHashMap<>();
  private final SequencedMap<String, TensorInfo> tensors = new LinkedHashMap<>();

  /// 6 heads of 10 features, 2 of them for keys and values; values have 7.
  private TinyModel(Metadata metadata, long seed) {
    this.metadata = metadata;
    SplittableRandom random = new SplittableRandom(seed);
    add("token_embd.weight", random, VOCABULARY, HIDDEN);
    for (int i = 0; i < LAYERS; i++) {
      String block = "blk." + i + ".";
      add(block + "attn_norm.weight", random, HIDDEN);
      add(block + "attn_q.weight", random, 60, HIDDEN);
      add(block + "attn_k.weight", random, 20, HIDDEN);
      add(block + "attn_v.weight", random, 14, HIDDEN);
      add(block + "attn_output.weight", random, HIDDEN, 42);
      add(block + "ffn_norm.weight", random, HIDDEN);
      add(block + "ffn_gate.weight", random, FEED_FORWARD, HIDDEN);
      add(block + "ffn_up.weight", random, FEED_FORWARD, HIDDEN);
      add(block + "ffn_down.weight", random, HIDDEN, FEED_FORWARD);
    }
    add("output_norm.weight", random, HIDDEN);
    add("output.weight", random, VOCABULARY, HIDDEN);
  }

  /// A text that it can read.
  public static int[] tokens(int count, long seed) {
    return new SplittableRandom(seed).ints(count, 0, VOCABULARY).toArray();
  }

  public static TinyModel of(long seed) {
    return new TinyModel(standardMetadata().build(), seed);
  }

  public static TinyModel of(long seed, Metadata metadata) {
    return new TinyModel(metadata, seed);
  }

  public static Metadata.Builder standardMetadata() {
    return Metadata.builder()
        .putText("general.architecture", "llama")
        .putUint32("llama.block_count", LAYERS)
        .putUint32("llama.embedding_length", HIDDEN)
        .putUint32("llama.feed_forward_length", FEED_FORWARD)
        .putUint32("llama.attention.head_count", 6)
        .putUint32("llama.attention.head_count_kv", 2)
        .putUint32("llama.attention.key_length", 10)
        .putUint32("llama.attention.value_length", 7)
        .putUint32("llama.rope.dimension_count", 8)
        .putFloat32("llama.rope.freq_base", 100)
        .putFloat32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
        .putText("tokenizer.ggml.model", "llama")
        .putUint32("tokenizer.ggml.bos_token_id", 1);
  }

  public TinyModel without(String name) {
    values.remove(name);
    tensors.remove(name);
    return this;
  }

  public TinyModel with(String name, float... vector) {
    add(name, vector, vector.length);
    return this;
  }

  /// The values of a tensor, to be read or changed.
  public float[] values(String name) {
    return values.get(name);
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  private void add(String name, SplittableRandom random, long... dimensions) {
    float[] vector = new float[Math.toIntExact(Shape.of(dimensions).elements())];
    double scale = dimensions.length == 1 ? 0.2 : 2 / Math.sqrt((double) dimensions[1]);
    for (int i = 0; i < vector.length; i++) {
      double value = scale * random.nextDouble(-1, 1);
      vector[i] = (float) (dimensions.length == 1 ? 1 + value : value);
    }
    add(name, vector, dimensions);
  }

  private void add(String name, float[] vector, long... dimensions) {
    values.put(name, vector);
    tensors.put(
        name, new TensorInfo(new TensorSpec(name, TensorType.F32, Shape.of(dimensions)), 0));
  }

  @Override
  public String name() {
    return "tiny.gguf";
  }

  @Override
  public Metadata metadata() {
    return metadata;
  }

  @Override
  public List<TensorInfo> tensors() {
    return List.copyOf(tensors.values());
  }

  @Override
  public Optional<TensorInfo> find(String tensorName) {
    return Optional.ofNullable(tensors.get(tensorName));
  }

  @Override
  public MemorySegment rows(
      TensorInfo tensor, long firstRow, long rowCount, MemorySegment scratch) {
    float[] all = values.get(tensor.name());
    int length = (int) tensor.shape().rowLength();
    MemorySegment.copy(
        all,
        (int) firstRow * length,
        scratch,
        ValueLayout.JAVA_FLOAT_UNALIGNED,
        0,
        (int) rowCount * length);
    return scratch.asSlice(0, rowCount * tensor.rowBytes());
  }

  @Override
  public void close() {}
}

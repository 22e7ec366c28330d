package dev.zonda.testdata;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/// The GGUF file of a model of 671 billion parameters, as far as planning can see it: the sizes of
/// DeepSeek R1's config.json, the names that llama.cpp's converter gives, a vocabulary of the real
/// size with invented tokens. The weights are a hole: the file takes some megabytes of disk.
///
/// From the command line: `DeepSeekR1 FILE`.
public final class DeepSeekR1 {
  /// Number of values in all tensors.
  public static final long PARAMETERS = 671_026_419_200L;

  private static final int LAYERS = 61;
  private static final int DENSE_LAYERS = 3;
  private static final long HIDDEN = 7168;
  private static final long HEADS = 128;
  private static final long EXPERTS = 256;
  private static final long EXPERT_LENGTH = 2048;
  private static final long FEED_FORWARD = 18432;
  private static final long QUERY_RANK = 1536;
  private static final long KEY_VALUE_RANK = 512;
  private static final long ROTARY = 64;
  private static final long PLAIN = 128;
  private static final int VOCABULARY = 129_280;
  private static final int MERGES = 127_741;

  private static final int ALIGNMENT = 32;
  private static final int UINT32 = 4;
  private static final int INT32 = 5;
  private static final int FLOAT32 = 6;
  private static final int STRING = 8;
  private static final int ARRAY = 9;
  private static final int F32 = 0;
  private static final int BF16 = 30;

  private final ByteArrayOutputStream header = new ByteArrayOutputStream(16 << 20);
  private final Map<String, long[]> tensors = new LinkedHashMap<>();
  private int keys;

  private DeepSeekR1() {}

  public static void main(String[] args) throws IOException {
    if (args.length != 1) {
      throw new IllegalArgumentException("expected FILE");
    }
    write(Path.of(args[0]));
  }

  /// Writes the file.
  public static void write(Path file) throws IOException {
    DeepSeekR1 model = new DeepSeekR1();
    model.putKeys();
    model.addTensors();
    model.writeTo(file);
  }

  private void putKeys() {
    putText("general.architecture", "deepseek2");
    putText("general.type", "model");
    putText("general.name", "DeepSeek R1");
    putText("general.size_label", "256x20B");
    putNumbers(
        "block_count", LAYERS,
        "context_length", 163_840,
        "embedding_length", HIDDEN,
        "feed_forward_length", FEED_FORWARD,
        "attention.head_count", HEADS,
        "attention.head_count_kv", 1);
    putFloat("deepseek2.rope.freq_base", 10_000);
    putFloat("deepseek2.attention.layer_norm_rms_epsilon", 1e-6f);
    putNumbers(
        "expert_used_count", 8,
        "expert_group_count", 8,
        "expert_group_used_count", 4,
        "leading_dense_block_count", DENSE_LAYERS,
        "vocab_size", VOCABULARY,
        "attention.q_lora_rank", QUERY_RANK,
        "attention.kv_lora_rank", KEY_VALUE_RANK,
        "attention.key_length", KEY_VALUE_RANK + ROTARY,
        "attention.value_length", KEY_VALUE_RANK,
        "attention.key_length_mla", PLAIN + ROTARY,
        "attention.value_length_mla", PLAIN,
        "expert_feed_forward_length", EXPERT_LENGTH,
        "expert_count", EXPERTS,
        "expert_shared_count", 1);
    putFloat("deepseek2.expert_weights_scale", 2.5f);
    putNumbers("expert_gating_func", 2, "rope.dimension_count", ROTARY);
    putText("tokenizer.ggml.model", "gpt2");
    putText("tokenizer.ggml.pre", "deepseek-v3");
    putArray("tokenizer.ggml.tokens", STRING, VOCABULARY);
    for (int id = 0; id < VOCABULARY; id++) {
      text("Ġtoken" + Integer.toString(id, 36));
    }
    putArray("tokenizer.ggml.token_type", INT32, VOCABULARY);
    for (int id = 0; id < VOCABULARY; id++) {
      number(1, Integer.BYTES);
    }
    putArray("tokenizer.ggml.merges", STRING, MERGES);
    for (int id = 0; id < MERGES; id++) {
      text("Ġto ken" + Integer.toString(id, 36));
    }
  }

  private void addTensors() {
    tensors.put("token_embd.weight", new long[] {VOCABULARY, HIDDEN});
    tensors.put("output_norm.weight", new long[] {HIDDEN});
    tensors.put("output.weight", new long[] {VOCABULARY, HIDDEN});
    for (int layer = 0; layer < LAYERS; layer++) {
      String block = "blk." + layer + ".";
      add(block + "attn_norm", HIDDEN);
      add(block + "ffn_norm", HIDDEN);
      add(block + "attn_q_a", QUERY_RANK, HIDDEN);
      add(block + "attn_q_a_norm", QUERY_RANK);
      add(block + "attn_q_b", HEADS * (PLAIN + ROTARY), QUERY_RANK);
      add(block + "attn_kv_a_mqa", KEY_VALUE_RANK + ROTARY, HIDDEN);
      add(block + "attn_kv_a_norm", KEY_VALUE_RANK);
      add(block + "attn_k_b", HEADS, KEY_VALUE_RANK, PLAIN);
      add(block + "attn_v_b", HEADS, PLAIN, KEY_VALUE_RANK);
      add(block + "attn_output", HIDDEN, HEADS * PLAIN);
      if (layer < DENSE_LAYERS) {
        add(block + "ffn_gate", FEED_FORWARD, HIDDEN);
        add(block + "ffn_up", FEED_FORWARD, HIDDEN);
        add(block + "ffn_down", HIDDEN, FEED_FORWARD);
      } else {
        add(block + "ffn_gate_inp", EXPERTS, HIDDEN);
        tensors.put(block + "exp_probs_b.bias", new long[] {EXPERTS});
        add(block + "ffn_gate_exps", EXPERTS, EXPERT_LENGTH, HIDDEN);
        add(block + "ffn_up_exps", EXPERTS, EXPERT_LENGTH, HIDDEN);
        add(block + "ffn_down_exps", EXPERTS, HIDDEN, EXPERT_LENGTH);
        add(block + "ffn_gate_shexp", EXPERT_LENGTH, HIDDEN);
        add(block + "ffn_up_shexp", EXPERT_LENGTH, HIDDEN);
        add(block + "ffn_down_shexp", HIDDEN, EXPERT_LENGTH);
      }
    }
  }

  private void add(String name, long... shape) {
    tensors.put(name + ".weight", shape);
  }

  private void writeTo(Path file) throws IOException {
    byte[] metadata = header.toByteArray();
    header.reset();
    number(0x46554747, Integer.BYTES);
    number(3, Integer.BYTES);
    number(tensors.size(), Long.BYTES);
    number(keys, Long.BYTES);
    header.writeBytes(metadata);
    long offset = 0;
    for (Map.Entry<String, long[]> tensor : tensors.entrySet()) {
      long[] shape = tensor.getValue();
      boolean isHalf = shape.length > 1 && !tensor.getKey().contains("gate_inp");
      text(tensor.getKey());
      number(shape.length, Integer.BYTES);
      long elements = 1;
      for (int i = shape.length - 1; i >= 0; i--) {
        number(shape[i], Long.BYTES);
        elements *= shape[i];
      }
      number(isHalf ? BF16 : F32, Integer.BYTES);
      number(offset, Long.BYTES);
      offset = aligned(offset + elements * (isHalf ? 2 : 4));
    }
    byte[] whole = header.toByteArray();
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      ByteBuffer buffer = ByteBuffer.wrap(whole);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.write(ByteBuffer.allocate(1), aligned(whole.length) + offset - 1);
    }
  }

  private static long aligned(long offset) {
    return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private void putNumbers(Object... namesAndValues) {
    for (int i = 0; i < namesAndValues.length; i += 2) {
      putKey("deepseek2." + namesAndValues[i], UINT32);
      number(((Number) namesAndValues[i + 1]).longValue(), Integer.BYTES);
    }
  }

  private void putFloat(String key, float value) {
    putKey(key, FLOAT32);
    number(Float.floatToIntBits(value), Float.BYTES);
  }

  private void putText(String key, String value) {
    putKey(key, STRING);
    text(value);
  }

  private void putArray(String key, int elementType, int count) {
    putKey(key, ARRAY);
    number(elementType, Integer.BYTES);
    number(count, Long.BYTES);
  }

  private void putKey(String key, int type) {
    text(key);
    number(type, Integer.BYTES);
    keys++;
  }

  private void text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    number(utf8.length, Long.BYTES);
    header.writeBytes(utf8);
  }

  /// Little endian.
  private void number(long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      header.write((int) (value >>> (8 * i)));
    }
  }
}

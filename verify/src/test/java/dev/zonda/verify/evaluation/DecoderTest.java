package dev.zonda.verify.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.verify.NaiveForward;
import dev.zonda.verify.TinyModel;
import dev.zonda.verify.kernels.KernelChoice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecoderTest {
  private static final long LARGE = 1L << 30;

  @Test
  void logitsAreThoseOfTheNaiveForwardPass() throws IOException {
    assertNaive(TinyModel.of(1), Integer.MAX_VALUE, 1);
  }

  @Test
  void embeddingServesAsOutputWhereTheyAreTied() throws IOException {
    assertNaive(TinyModel.of(2).without("output.weight"), Integer.MAX_VALUE, 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 16, 17, 40})
  void windowLimitsWhatIsSeen(int window) throws IOException {
    Metadata metadata =
        TinyModel.standardMetadata().putUint32("llama.attention.sliding_window", window).build();
    assertNaive(TinyModel.of(3, metadata), window, 1);
  }

  @Test
  void linearScalingAndDivisorsChangeTheAngles() throws IOException {
    Metadata metadata =
        TinyModel.standardMetadata()
            .putText("llama.rope.scaling.type", "linear")
            .putFloat32("llama.rope.scaling.factor", 2.5f)
            .build();
    TinyModel model = TinyModel.of(4, metadata).with("rope_freqs.weight", 1, 1.5f, 2, 4);
    assertNaive(model, Integer.MAX_VALUE, 2.5);
  }

  @ParameterizedTest
  @CsvSource({"1, 1073741824", "2, 1073741824", "3, 1073741824", "2, 1", "3, 1000000"})
  void bitsDependOnNeitherThreadsNorBatches(int threads, long budget) throws IOException {
    List<int[]> sequences =
        List.of(
            TinyModel.tokens(37, 1),
            TinyModel.tokens(37, 2),
            TinyModel.tokens(37, 3),
            TinyModel.tokens(37, 4));
    assertArrayEquals(
        evaluate(TinyModel.of(1), sequences, 1, LARGE),
        evaluate(TinyModel.of(1), sequences, threads, budget));
  }

  @Test
  void refusesWhatItWouldFalsify() {
    assertRefused(
        TinyModel.of(1).with("blk.0.attn_q_norm.weight", 1, 2),
        "tiny.gguf: tensor 'blk.0.attn_q_norm.weight' is not used in the forward pass of this"
            + " architecture");
    assertRefused(
        TinyModel.of(1).with("blk.0.attn_q.bias", 1, 2),
        "tiny.gguf: tensor 'blk.0.attn_q.bias' has shape [2], expected [60]");
    assertRefused(
        TinyModel.of(1).without("blk.1.ffn_up.weight"),
        "tiny.gguf: has no tensor 'blk.1.ffn_up.weight'");
    assertRefused(
        with("general.architecture", new MetadataValue.Text("rwkv7")),
        "tiny.gguf: has architecture 'rwkv7', which cannot be evaluated; 'zonda families' lists those"
            + " that can be");
    assertRefused(
        with("llama.pooling_type", new MetadataValue.Uint32(4)),
        "tiny.gguf: is a reranker (pooling_type is 4): its output is a score and no distribution of"
            + " tokens, so that there is nothing to measure here");
    assertRefused(
        with("llama.expert_count", new MetadataValue.Uint32(8)),
        "tiny.gguf: lacks the key llama.expert_used_count (an integer)");
    assertRefused(
        with("llama.block_count", new MetadataValue.Uint32(100)),
        "tiny.gguf: llama.block_count is 100, but the model has only 21 tensors");
    assertRefused(
        with("llama.rope.scaling.type", new MetadataValue.Text("stretchy")),
        "tiny.gguf: has rope scaling 'stretchy', which cannot be evaluated");
    assertRefused(
        with("llama.attention.head_count_kv", new MetadataValue.Uint32(4)),
        "tiny.gguf: has 6 heads, which cannot share 4 key/value heads evenly");
    assertRefused(
        with("llama.block_count", new MetadataValue.Uint32(0xffffffffL)),
        "tiny.gguf: llama.block_count is 4294967295, expected 1 to 16777216");
    assertRefused(
        with("llama.rope.dimension_count", new MetadataValue.Uint32(12)),
        "tiny.gguf: rotates 12 of 10 features of a head, expected an even number of them");
    assertRefused(
        with("llama.feed_forward_length", new MetadataValue.Uint32(300)),
        "tiny.gguf: tensor 'blk.0.ffn_gate.weight' has shape [301, 36], expected [300, 36]");
    assertRefused(
        with("llama.rope.freq_base", new MetadataValue.Float32(Float.NaN)),
        "tiny.gguf: llama.rope.freq_base is NaN, expected more than 0");
    assertRefused(
        with("llama.rope.freq_base", new MetadataValue.Float64(1e-60)),
        "tiny.gguf: llama.rope.freq_base is 1.0E-60, expected more than 0");
    assertRefused(
        with("llama.attention.scale", new MetadataValue.Float64(1e60)),
        "tiny.gguf: llama.attention.scale is 1.0E60, expected more than 0");
    assertRefused(
        with("llama.rope.scaling.type", new MetadataValue.Uint32(1)),
        "tiny.gguf: llama.rope.scaling.type is not a text");
    assertRefused(
        with("llama.embedding_length", new MetadataValue.Float32(36)),
        "tiny.gguf: llama.embedding_length is not an integer");
    assertRefused(
        with("llama.attention.sliding_window", new MetadataValue.Int32(-1)),
        "tiny.gguf: llama.attention.sliding_window is -1, expected 0 to 16777216");
    assertRefused(
        with("llama.attention.key_length", new MetadataValue.Uint32(1 << 24)),
        "tiny.gguf: has 6 heads of 16777216 and 7 features, expected 1 to 16777216 features of"
            + " all heads together");
    Metadata headsOfNothing =
        Metadata.builder()
            .putText("general.architecture", "llama")
            .putUint32("llama.embedding_length", TinyModel.HIDDEN)
            .putUint32("llama.block_count", 1)
            .putUint32("llama.attention.head_count", 64)
            .build();
    assertRefused(
        TinyModel.of(1, headsOfNothing),
        "tiny.gguf: has 64 heads of 0 and 0 features, expected 1 to 16777216 features of all heads"
            + " together");
    Metadata stepsBetweenNothing =
        Metadata.builder()
            .putText("general.architecture", "mamba2")
            .putUint32("mamba2.embedding_length", TinyModel.HIDDEN)
            .putUint32("mamba2.block_count", 1)
            .putUint32("mamba2.ssm.inner_size", 2 * TinyModel.HIDDEN)
            .putUint32("mamba2.ssm.time_step_rank", 2)
            .putUint32("mamba2.ssm.group_count", 1)
            .putUint32("mamba2.ssm.state_size", 4)
            .putUint32("mamba2.ssm.conv_kernel", 4)
            .putFloat32("mamba2.attention.layer_norm_rms_epsilon", 1e-5F)
            .putFloat32("mamba2.ssm.time_step_min", 0.5F)
            .putFloat32("mamba2.ssm.time_step_max", 0.25F)
            .build();
    assertRefused(
        TinyModel.of(1, stepsBetweenNothing),
        "tiny.gguf: mamba2.ssm.time_step_min is 0.5 and mamba2.ssm.time_step_max is 0.25, expected"
            + " the former to be no more than the latter");
    assertRefused(
        with(
            "tokenizer.ggml.tokens",
            new MetadataValue.Array(MetadataType.STRING, List.of(new MetadataValue.Text("a")))),
        "tiny.gguf: tokenizer.ggml.tokens has 1 tokens, but 'token_embd.weight' has 83 rows");
  }

  private static TinyModel with(String key, MetadataValue value) {
    return TinyModel.of(1, TinyModel.standardMetadata().put(key, value).build());
  }

  private static void assertRefused(TinyModel model, String message) {
    try (Engine engine = engine(1, LARGE)) {
      FormatException refusal =
          assertThrows(
              FormatException.class,
              () -> new Evaluator(EvaluationPlan.of(Workload.of(List.of(model), 1, 4), engine)));
      assertEquals(message, refusal.getMessage());
    }
  }

  private static void assertNaive(TinyModel model, int window, double positionFactor)
      throws IOException {
    List<int[]> sequences = List.of(TinyModel.tokens(50, 1), TinyModel.tokens(50, 2));
    List<double[]> expected = new ArrayList<>();
    for (int[] sequence : sequences) {
      expected.addAll(List.of(new NaiveForward(model, window, positionFactor).logits(sequence)));
    }
    float[][] found = evaluate(model, sequences, 2, LARGE);
    double spread = 0;
    for (int i = 0; i < found.length; i++) {
      for (int token = 0; token < TinyModel.VOCABULARY; token++) {
        assertEquals(expected.get(i)[token], found[i][token], 2e-5);
        spread = Math.max(spread, Math.abs(found[i][token]));
      }
    }
    assertTrue(spread > 1, "the model says nothing");
  }

  static float[][] evaluate(TinyModel model, List<int[]> sequences, int threads, long budget)
      throws IOException {
    int length = sequences.getFirst().length;
    float[][] all = new float[sequences.size() * length][];
    try (Engine engine = engine(threads, budget)) {
      new Evaluator(
              EvaluationPlan.of(Workload.of(List.of(model), sequences.size(), length), engine))
          .run(
              sequences,
              new Evaluator.Range(0, length),
              (sequence, position, logits, at, _) -> {
                float[] row = new float[TinyModel.VOCABULARY];
                System.arraycopy(logits[0], at, row, 0, row.length);
                all[sequence * length + position] = row;
              },
              ProgressListener.NONE);
    }
    return all;
  }

  private static Engine engine(int threads, long budget) {
    return new Engine(KernelChoice.best(), threads, budget);
  }
}

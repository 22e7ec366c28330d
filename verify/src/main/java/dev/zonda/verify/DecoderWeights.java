package dev.zonda.verify;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.kernels.WeightMatrix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The tensors of a decoder, found by their GGUF names and checked against its [DecoderSpec].
///
/// @param embedding a row per token, (vocabulary, hidden)
/// @param outputNorm (hidden)
/// @param output a row per token, (vocabulary, hidden); the embedding where the two are tied
/// @param rotaryDivisors of the rotation angles, one per pair; all 1 where the model has none
@SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
record DecoderWeights(
    WeightMatrix embedding,
    List<Layer> layers,
    float[] outputNorm,
    WeightMatrix output,
    float[] rotaryDivisors) {
  static final String EMBEDDING = "token_embd.weight";

  /// One block.
  ///
  /// @param attentionNorm (hidden)
  /// @param query (heads * keyLength, hidden)
  /// @param key (keyValueHeads * keyLength, hidden)
  /// @param value (keyValueHeads * valueLength, hidden)
  /// @param attentionOutput (hidden, heads * valueLength)
  /// @param feedForwardNorm (hidden)
  /// @param gate (feedForward, hidden)
  /// @param up (feedForward, hidden)
  /// @param down (hidden, feedForward)
  @SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
  record Layer(
      float[] attentionNorm,
      WeightMatrix query,
      WeightMatrix key,
      WeightMatrix value,
      WeightMatrix attentionOutput,
      float[] feedForwardNorm,
      WeightMatrix gate,
      WeightMatrix up,
      WeightMatrix down) {}

  /// @throws FormatException if a tensor is missing, of the wrong shape, or has no part in the
  ///   forward pass
  static DecoderWeights of(GgufModel model, DecoderSpec spec) throws IOException {
    Finder find = new Finder(model, new HashSet<>());
    int hidden = spec.hidden();

    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < spec.layers(); i++) {
      String block = "blk." + i + ".";
      layers.add(
          new Layer(
              find.vector(block + "attn_norm.weight", hidden),
              find.matrix(block + "attn_q.weight", spec.queryFeatures(), hidden),
              find.matrix(block + "attn_k.weight", spec.keyFeatures(), hidden),
              find.matrix(block + "attn_v.weight", spec.valueFeatures(), hidden),
              find.matrix(block + "attn_output.weight", hidden, spec.attentionFeatures()),
              find.vector(block + "ffn_norm.weight", hidden),
              find.matrix(block + "ffn_gate.weight", spec.feedForward(), hidden),
              find.matrix(block + "ffn_up.weight", spec.feedForward(), hidden),
              find.matrix(block + "ffn_down.weight", hidden, spec.feedForward())));
    }

    WeightMatrix embedding = find.matrix(EMBEDDING, spec.vocabulary(), hidden);
    float[] outputNorm = find.vector("output_norm.weight", hidden);
    WeightMatrix output =
        find.has("output.weight")
            ? find.matrix("output.weight", spec.vocabulary(), hidden)
            : embedding;

    int pairs = spec.rotary().dimensions() / 2;
    float[] divisors = new float[pairs];
    Arrays.fill(divisors, 1);
    if (find.has("rope_freqs.weight")) {
      divisors = find.vector("rope_freqs.weight", pairs);
    }

    find.requireNoOthers();
    return new DecoderWeights(embedding, List.copyOf(layers), outputNorm, output, divisors);
  }

  /// Finds tensors and remembers which: one that is left over would be silently ignored, and the
  /// result would not be the model's.
  private record Finder(GgufModel model, Set<String> found) {
    boolean has(String name) {
      return model.find(name).isPresent();
    }

    WeightMatrix matrix(String name, long rows, long columns) throws FormatException {
      return new WeightMatrix(model, tensor(name, rows, columns));
    }

    float[] vector(String name, long length) throws IOException {
      return new WeightMatrix(model, tensor(name, 1, length)).toVector();
    }

    private TensorInfo tensor(String name, long rows, long columns) throws FormatException {
      Optional<TensorInfo> tensor = model.find(name);
      if (tensor.isEmpty()) {
        throw error("has no tensor '" + name + "'");
      }
      var shape = tensor.get().shape();
      if (shape.rows() != rows || shape.rowLength() != columns) {
        throw error(
            "tensor '%s' has shape %s, expected [%s%d]"
                .formatted(name, shape, rows == 1 ? "" : rows + ", ", columns));
      }
      found.add(name);
      return tensor.get();
    }

    void requireNoOthers() throws FormatException {
      for (TensorInfo tensor : model.tensors()) {
        if (!found.contains(tensor.name())) {
          throw error(
              "tensor '%s' has no part in the forward pass of this architecture"
                  .formatted(tensor.name()));
        }
      }
    }

    private FormatException error(String problem) {
      return FormatException.in(Path.of(model.name()), problem);
    }
  }
}

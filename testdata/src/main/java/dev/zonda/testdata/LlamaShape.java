package dev.zonda.testdata;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The sizes of a Llama, from which config and tensors of a synthetic checkpoint follow.
///
/// @param hidden embedding length
/// @param feedForward length of the feed-forward layer
/// @param layers number of blocks
/// @param heads attention heads
/// @param keyValueHeads heads of keys and values
/// @param vocabulary tokens, at least 259
public record LlamaShape(
    long hidden, long feedForward, int layers, int heads, int keyValueHeads, int vocabulary) {
  /// 672,188,416 parameters: large enough to measure speed, small enough to synthesize in seconds.
  public static final LlamaShape M672 = new LlamaShape(2048, 5632, 12, 32, 8, 32000);

  /// 134,105,856 parameters.
  public static final LlamaShape M134 = new LlamaShape(768, 2048, 12, 12, 4, 32000);

  /// 3,213,749,248 parameters, the sizes of Llama 3.2 3B with a vocabulary of 32000, untied.
  public static final LlamaShape B3 = new LlamaShape(3072, 8192, 28, 24, 8, 32000);

  /// 7,241,732,096 parameters: Mistral 7B.
  public static final LlamaShape B7 = new LlamaShape(4096, 14336, 32, 32, 8, 32000);

  /// 10,731,524,096 parameters, more than 20 GB in 16 bits: SOLAR 10.7B.
  public static final LlamaShape B11 = new LlamaShape(4096, 14336, 48, 32, 8, 32000);

  public LlamaShape {
    if (hidden % heads != 0 || heads % keyValueHeads != 0 || vocabulary < 259) {
      throw new IllegalArgumentException("heads do not divide, or the vocabulary is too small");
    }
  }

  /// The shape of one of the constants, in either case.
  static LlamaShape named(String name) {
    return switch (name.toUpperCase(Locale.ROOT)) {
      case "M134" -> M134;
      case "M672" -> M672;
      case "B3" -> B3;
      case "B7" -> B7;
      case "B11" -> B11;
      default -> throw new IllegalArgumentException("unknown shape " + name);
    };
  }

  /// A tensor by its Hugging Face name.
  ///
  /// @param dimensions outermost first
  record Tensor(String name, List<Long> dimensions) {
    private static Tensor of(String name, Long... dimensions) {
      return new Tensor(name, List.of(dimensions));
    }

    long elements() {
      return dimensions.stream().reduce(1L, Math::multiplyExact);
    }
  }

  long keyValueLength() {
    return hidden / heads * keyValueHeads;
  }

  List<Tensor> tensors() {
    List<Tensor> tensors = new ArrayList<>();
    tensors.add(Tensor.of("lm_head.weight", (long) vocabulary, hidden));
    tensors.add(Tensor.of("model.embed_tokens.weight", (long) vocabulary, hidden));
    for (int layer = 0; layer < layers; layer++) {
      String block = "model.layers." + layer + ".";
      tensors.add(Tensor.of(block + "input_layernorm.weight", hidden));
      tensors.add(Tensor.of(block + "mlp.down_proj.weight", hidden, feedForward));
      tensors.add(Tensor.of(block + "mlp.gate_proj.weight", feedForward, hidden));
      tensors.add(Tensor.of(block + "mlp.up_proj.weight", feedForward, hidden));
      tensors.add(Tensor.of(block + "post_attention_layernorm.weight", hidden));
      tensors.add(Tensor.of(block + "self_attn.k_proj.weight", keyValueLength(), hidden));
      tensors.add(Tensor.of(block + "self_attn.o_proj.weight", hidden, hidden));
      tensors.add(Tensor.of(block + "self_attn.q_proj.weight", hidden, hidden));
      tensors.add(Tensor.of(block + "self_attn.v_proj.weight", keyValueLength(), hidden));
    }
    tensors.add(Tensor.of("model.norm.weight", hidden));
    return tensors;
  }

  public long parameters() {
    return tensors().stream().mapToLong(Tensor::elements).sum();
  }

  String configJson() {
    return """
    {
      "architectures": ["LlamaForCausalLM"],
      "bos_token_id": 1,
      "eos_token_id": 2,
      "hidden_act": "silu",
      "hidden_size": %d,
      "intermediate_size": %d,
      "max_position_embeddings": 4096,
      "model_type": "llama",
      "num_attention_heads": %d,
      "num_hidden_layers": %d,
      "num_key_value_heads": %d,
      "rms_norm_eps": 1e-05,
      "rope_theta": 10000.0,
      "tie_word_embeddings": false,
      "torch_dtype": "bfloat16",
      "vocab_size": %d
    }
    """
        .formatted(hidden, feedForward, heads, layers, keyValueHeads, vocabulary);
  }
}

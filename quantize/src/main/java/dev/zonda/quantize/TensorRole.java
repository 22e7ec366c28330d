package dev.zonda.quantize;

import java.util.List;

/// What a tensor does in the network, as far as the choice of its type depends on it. Read off its
/// name.
public enum TensorRole {
  OUTPUT,
  TOKEN_EMBEDDING,
  /// Values, alone or together with queries and keys: the attention tensors that suffer most.
  ATTENTION_VALUE,
  ATTENTION_KEY,
  ATTENTION_QUERY,
  ATTENTION_OUTPUT,
  FFN_UP,
  FFN_GATE,
  FFN_DOWN,
  OTHER;

  private record NamePart(String part, TensorRole role) {}

  /// The first part that a name contains decides.
  private static final List<NamePart> NAME_PARTS =
      List.of(
          new NamePart("attn_qkv.weight", ATTENTION_VALUE),
          new NamePart("attn_kv_b.weight", ATTENTION_VALUE),
          new NamePart("attn_v.weight", ATTENTION_VALUE),
          new NamePart("attn_k.weight", ATTENTION_KEY),
          new NamePart("attn_q.weight", ATTENTION_QUERY),
          new NamePart("attn_output.weight", ATTENTION_OUTPUT),
          new NamePart("ffn_up", FFN_UP),
          new NamePart("ffn_gate", FFN_GATE),
          new NamePart("ffn_down", FFN_DOWN));

  public static TensorRole of(String tensorName) {
    return switch (tensorName) {
      case "output.weight" -> OUTPUT;
      case "token_embd.weight", "per_layer_token_embd.weight" -> TOKEN_EMBEDDING;
      default ->
          NAME_PARTS.stream()
              .filter(namePart -> tensorName.contains(namePart.part()))
              .map(NamePart::role)
              .findFirst()
              .orElse(OTHER);
    };
  }

  public boolean isFeedForward() {
    return this == FFN_UP || this == FFN_GATE || this == FFN_DOWN;
  }
}

package dev.zonda.verify.architectures;

/// The text part of Qwen 3 VL, and Qwen 3 ASR: in a text, all sections of the rotary embedding turn
/// with the same position, so that it is Qwen 3.
final class Qwen3Vl {
  static final Architecture ARCHITECTURE = new Architecture("qwen3vl", Qwen3::network);

  /// The same with experts, also in Qwen 3 Omni.
  static final Architecture WITH_EXPERTS = new Architecture("qwen3vlmoe", Qwen3Moe::network);

  private Qwen3Vl() {}
}

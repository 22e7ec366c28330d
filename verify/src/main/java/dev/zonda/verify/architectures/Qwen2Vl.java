package dev.zonda.verify.architectures;

/// The text part of Qwen 2 VL, 2.5 VL and 2.5 Omni: in a text, all sections of the rotary embedding
/// turn with the same position, so that it is Qwen 2.
final class Qwen2Vl {
  static final Architecture ARCHITECTURE = new Architecture("qwen2vl", Qwen2::network);

  private Qwen2Vl() {}
}

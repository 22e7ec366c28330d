package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import java.util.List;
import java.util.stream.Collectors;

/// All architectures that can be evaluated.
public final class Families {
  private static final List<Family> ALL =
      List.of(
          Llama.FAMILY,
          Qwen2.FAMILY,
          Qwen2Moe.FAMILY,
          Qwen3.FAMILY,
          Qwen3Moe.FAMILY,
          Mistral3.FAMILY,
          DeepSeek.FAMILY,
          Mistral4.FAMILY,
          Llama4.FAMILY,
          Phi3.FAMILY,
          Gemma2.FAMILY,
          Gemma3.FAMILY,
          GptOss.FAMILY,
          Falcon.FAMILY,
          GptNeoX.FAMILY,
          Mpt.FAMILY,
          Bloom.FAMILY,
          Gpt2.FAMILY,
          GptNeo.FAMILY);

  private Families() {}

  /// The network of a model.
  ///
  /// @throws FormatException if it is of no architecture that is known here, or its metadata are
  ///   missing, contradict each other, or ask for what cannot be evaluated
  public static Network network(GgufModel model) throws FormatException {
    Keys keys = new Keys(model);
    for (Family family : ALL) {
      if (family.architecture().equals(keys.architecture())) {
        return family.description().of(keys);
      }
    }
    throw keys.error(
        "has architecture '%s', which cannot be evaluated, but %s"
            .formatted(
                keys.architecture(),
                ALL.stream().map(Family::architecture).collect(Collectors.joining(", "))));
  }
}

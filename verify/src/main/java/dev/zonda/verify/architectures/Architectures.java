package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;
import java.util.List;

/// All architectures that can be evaluated.
public final class Architectures {
  private static final List<Architecture> ALL =
      List.of(
          Llama.ARCHITECTURE,
          Qwen2.ARCHITECTURE,
          Qwen2Moe.ARCHITECTURE,
          Qwen3.ARCHITECTURE,
          Qwen3Moe.ARCHITECTURE,
          Mistral3.ARCHITECTURE,
          DeepSeek.ARCHITECTURE,
          Mistral4.ARCHITECTURE,
          Llama4.ARCHITECTURE,
          Phi3.ARCHITECTURE,
          Gemma2.ARCHITECTURE,
          Gemma3.ARCHITECTURE,
          GptOss.ARCHITECTURE,
          Falcon.ARCHITECTURE,
          GptNeoX.ARCHITECTURE,
          Mpt.ARCHITECTURE,
          Bloom.ARCHITECTURE,
          Gpt2.ARCHITECTURE,
          GptNeo.ARCHITECTURE,
          SmolLm3.ARCHITECTURE,
          SeedOss.ARCHITECTURE,
          Ernie45.ARCHITECTURE,
          Glm4Moe.ARCHITECTURE,
          Phi2.ARCHITECTURE,
          StarCoder2.ARCHITECTURE,
          StarCoder.ARCHITECTURE,
          PhiMoe.ARCHITECTURE,
          ChatGlm.ARCHITECTURE,
          Glm4.ARCHITECTURE,
          Exaone.ARCHITECTURE,
          Exaone4.ARCHITECTURE,
          Granite.ARCHITECTURE,
          GraniteMoe.ARCHITECTURE,
          Gemma.ARCHITECTURE,
          InternLm2.ARCHITECTURE,
          MiniCpm.ARCHITECTURE,
          MiniCpm3.ARCHITECTURE,
          Plm.ARCHITECTURE,
          Olmo.ARCHITECTURE,
          Olmo2.ARCHITECTURE,
          Olmoe.ARCHITECTURE,
          Qwen2Vl.ARCHITECTURE,
          Qwen3Vl.ARCHITECTURE,
          Qwen3Vl.WITH_EXPERTS,
          Baichuan.ARCHITECTURE,
          Orion.ARCHITECTURE,
          CodeShell.ARCHITECTURE,
          Refact.ARCHITECTURE,
          Jais.ARCHITECTURE,
          Jais2.ARCHITECTURE,
          Xverse.ARCHITECTURE,
          CommandR.ARCHITECTURE,
          Cohere2.ARCHITECTURE,
          BitNet.ARCHITECTURE,
          OpenElm.ARCHITECTURE,
          Plamo3.ARCHITECTURE,
          Qwen.ARCHITECTURE,
          Pangu.ARCHITECTURE,
          Diffusion.LLADA,
          Diffusion.LLADA_MOE,
          Diffusion.DREAM,
          Diffusion.RND1,
          Arcee.ARCHITECTURE,
          Apertus.ARCHITECTURE,
          StableLm.ARCHITECTURE,
          Nemotron.ARCHITECTURE,
          Mellum.ARCHITECTURE,
          Maincoder.ARCHITECTURE,
          Maple.ARCHITECTURE,
          Nanbeige.ARCHITECTURE,
          Ling.ARCHITECTURE,
          Ling2.ARCHITECTURE,
          Afmoe.ARCHITECTURE,
          Laguna.ARCHITECTURE,
          SmallThinker.ARCHITECTURE,
          Dbrx.ARCHITECTURE,
          GroveMoe.ARCHITECTURE,
          MiMo2.ARCHITECTURE,
          Arctic.ARCHITECTURE,
          Deci.ARCHITECTURE,
          HunYuan.ARCHITECTURE,
          ExaoneMoe.ARCHITECTURE,
          Ernie45Moe.ARCHITECTURE,
          Dots1.ARCHITECTURE,
          GraniteSwa.ARCHITECTURE,
          MiniMaxM2.ARCHITECTURE,
          PaddleOcr.ARCHITECTURE,
          HunYuan.WITH_EXPERTS,
          HyV3.ARCHITECTURE,
          Grok.ARCHITECTURE,
          Plamo.ARCHITECTURE,
          Lfm2.ARCHITECTURE,
          Lfm2.WITH_EXPERTS,
          Gemma4.ARCHITECTURE,
          Step35.ARCHITECTURE,
          Mamba.ARCHITECTURE,
          DeepSeekMoe.ARCHITECTURE,
          Qwen3Next.ARCHITECTURE,
          Qwen35.DENSE,
          Qwen35.WITH_EXPERTS,
          Gemma3n.ARCHITECTURE,
          Mamba2.ARCHITECTURE,
          Jamba.ARCHITECTURE,
          NemotronH.ARCHITECTURE,
          NemotronH.WITH_EXPERTS,
          Plamo2.ARCHITECTURE,
          GraniteHybrid.ARCHITECTURE,
          FalconH1.ARCHITECTURE,
          Cohere2Moe.ARCHITECTURE,
          KimiLinear.ARCHITECTURE);

  /// llama.cpp's number for a model whose output is a score.
  private static final int RANK = 4;

  private Architectures() {}

  /// GGUF's names for them.
  public static List<String> names() {
    return ALL.stream().map(Architecture::name).toList();
  }

  /// The network of a model.
  ///
  /// @throws FormatException if its architecture is not known here, or its metadata are missing,
  ///   contradict each other, or ask for something that cannot be evaluated
  public static Network network(GgufModel model) throws FormatException {
    Keys keys = new Keys(model);
    if (keys.countOrZero("pooling_type") == RANK) {
      throw keys.error(
          "is a reranker (pooling_type is 4): its output is a score and no distribution of tokens,"
              + " so that there is nothing to measure here");
    }
    for (Architecture architecture : ALL) {
      if (architecture.name().equals(keys.architecture())) {
        return architecture.description().of(keys);
      }
    }
    throw keys.error(
        "has architecture '%s', which cannot be evaluated; 'zonda families' lists those that can be"
            .formatted(keys.architecture()));
  }
}

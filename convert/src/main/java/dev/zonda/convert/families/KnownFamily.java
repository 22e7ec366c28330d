package dev.zonda.convert.families;

import dev.zonda.convert.rules.Family;
import java.util.Set;

/// The families that can be converted, in the order in which they are listed. Each is named twice
/// here: with the names that config.json's `architectures` has for it, also those of classes
/// without an output matrix, and where its tables are.
///
/// The tables of a hundred families take longer to make than anything else at the start, and a
/// folder needs those of one. A `switch` makes those alone; a hundred lambdas would have to be made
/// before one is called.
enum KnownFamily {
  LLAMA("LlamaForCausalLM", "LLaMAForCausalLM", "LlamaModel"),
  MISTRAL("MistralForCausalLM", "MistralModel"),
  MIXTRAL("MixtralForCausalLM", "MixtralModel"),
  QWEN2("Qwen2ForCausalLM", "Qwen2Model"),
  QWEN2_MOE("Qwen2MoeForCausalLM", "Qwen2MoeModel"),
  QWEN3("Qwen3ForCausalLM", "Qwen3Model"),
  QWEN3_MOE("Qwen3MoeForCausalLM", "Qwen3MoeModel"),
  PHI3("Phi3ForCausalLM", "Phi3Model", "Phi4ForCausalLMV"),
  GEMMA2("Gemma2ForCausalLM", "Gemma2Model"),
  GEMMA3("Gemma3ForCausalLM", "Gemma3ForConditionalGeneration", "Gemma3Model", "Gemma3TextModel"),
  DEEP_SEEK("DeepseekV2ForCausalLM", "DeepseekV2Model", "DeepseekV3ForCausalLM", "DeepseekV3Model"),
  MISTRAL3(
      "Mistral3ForConditionalGeneration",
      "Mistral3Model",
      "Ministral3ForCausalLM",
      "Ministral3Model"),
  MISTRAL4(
      "Mistral3ForConditionalGeneration", "Mistral3Model", "Mistral4ForCausalLM", "Mistral4Model"),
  LLAMA4("Llama4ForConditionalGeneration", "Llama4ForCausalLM", "Llama4TextModel"),
  FALCON("FalconForCausalLM", "FalconModel", "RWForCausalLM", "RWModel"),
  GPT_NEO_X("GPTNeoXForCausalLM", "GPTNeoXModel"),
  MPT("MPTForCausalLM", "MptForCausalLM", "MptModel"),
  BLOOM("BloomForCausalLM", "BloomModel"),
  GPT2("GPT2LMHeadModel", "GPT2Model"),
  GPT_NEO("GPTNeoForCausalLM", "GPTNeoModel"),
  GPT_OSS("GptOssForCausalLM", "GptOssModel"),
  SMOL_LM3("SmolLM3ForCausalLM", "SmolLM3Model"),
  SEED_OSS("SeedOssForCausalLM", "SeedOssModel"),
  ERNIE45("Ernie4_5ForCausalLM", "Ernie4_5_ForCausalLM", "Ernie4_5Model"),
  GLM4_MOE("Glm4MoeForCausalLM", "Glm4MoeModel"),
  PHI2("PhiForCausalLM", "PhiModel"),
  STAR_CODER2("Starcoder2ForCausalLM", "Starcoder2Model"),
  STAR_CODER("GPTBigCodeForCausalLM", "GPTBigCodeModel"),
  PHI_MOE("PhiMoEForCausalLM", "PhimoeForCausalLM", "PhimoeModel"),
  GLM4("Glm4ForCausalLM", "Glm4Model"),
  GLM4_WITH_IMAGES("Glm4vForConditionalGeneration", "Glm4vModel", "Glm4vTextModel"),
  EXAONE("ExaoneForCausalLM", "ExaoneModel"),
  EXAONE4("Exaone4ForCausalLM", "Exaone4Model"),
  GRANITE(
      "GraniteForCausalLM",
      "GraniteModel",
      "GraniteSpeechForConditionalGeneration",
      "GraniteSpeechPlusForConditionalGeneration"),
  GRANITE_MOE(
      "GraniteMoeForCausalLM",
      "GraniteMoeSharedForCausalLM",
      "GraniteMoeModel",
      "GraniteMoeSharedModel"),
  GEMMA("GemmaForCausalLM", "GemmaModel"),
  INTERN_LM2("InternLM2ForCausalLM", "InternLM2Model"),
  INTERN_LM3("InternLM3ForCausalLM", "InternLM3Model"),
  MINI_CPM("MiniCPMForCausalLM", "MiniCPMModel"),
  MINI_CPM3("MiniCPM3ForCausalLM", "MiniCPM3Model"),
  PLM("PLMForCausalLM", "PLMModel"),
  OLMO("OlmoForCausalLM", "OLMoForCausalLM", "OlmoModel"),
  OLMO2("Olmo2ForCausalLM", "Olmo2Model"),
  OLMO3("Olmo3ForCausalLM", "Olmo3Model"),
  OLMOE("OlmoeForCausalLM", "OlmoeModel"),
  QWEN2_VL(
      "Qwen2VLForConditionalGeneration",
      "Qwen2VLModel",
      "Qwen2_5_VLForConditionalGeneration",
      "Qwen2_5_VLModel",
      "Qwen2_5OmniModel",
      "Qwen2_5OmniForConditionalGeneration",
      "Qwen2_5OmniThinkerForConditionalGeneration"),
  QWEN3_VL("Qwen3VLForConditionalGeneration", "Qwen3VLModel"),
  QWEN3_VL_MOE("Qwen3VLMoeForConditionalGeneration", "Qwen3VLMoeModel"),
  QWEN3_OMNI("Qwen3OmniMoeForConditionalGeneration", "Qwen3OmniMoeThinkerForConditionalGeneration"),
  QWEN3_ASR("Qwen3ASRForConditionalGeneration", "Qwen3ASRModel"),
  BAICHUAN("BaichuanForCausalLM", "BaiChuanForCausalLM", "BaichuanModel"),
  ORION("OrionForCausalLM", "OrionModel"),
  CODE_SHELL("CodeShellForCausalLM", "CodeShellModel"),
  REFACT("GPTRefactForCausalLM", "GPTRefactModel"),
  JAIS("JAISLMHeadModel", "JAISModel"),
  JAIS2("Jais2ForCausalLM", "Jais2Model"),
  XVERSE("XverseForCausalLM", "XverseModel"),
  RU_GPT3_XL("RuGPT3XLForCausalLM", "RuGPT3XLModel"),
  COMMAND_R("CohereForCausalLM", "CohereModel"),
  COHERE2("Cohere2ForCausalLM", "Cohere2Model"),
  BIT_NET("BitNetForCausalLM", "BitnetForCausalLM", "BitNetModel"),
  OPEN_ELM("OpenELMForCausalLM", "OpenELMModel"),
  PLAMO3("Plamo3ForCausalLM", "PLaMo3ForCausalLM", "Plamo3Model"),
  QWEN2_AUDIO(
      "Qwen2AudioForConditionalGeneration",
      "Qwen2AudioModel",
      "AudioFlamingo3ForConditionalGeneration",
      "AudioFlamingo3Model"),
  DOTS_OCR("DotsOCRForCausalLM"),
  QWEN("QWenLMHeadModel"),
  PANGU("PanguEmbeddedForCausalLM", "PanguEmbeddedModel"),
  LLADA("LLaDAModelLM"),
  LLADA_MOE("LLaDAMoEModel", "LLaDAMoEModelLM"),
  DREAM("DreamModel"),
  RND1("RND1"),
  ARCEE("ArceeForCausalLM", "ArceeModel"),
  APERTUS("ApertusForCausalLM", "ApertusModel"),
  STABLE_LM(
      "StableLmForCausalLM",
      "StableLMEpochForCausalLM",
      "LlavaStableLMEpochForCausalLM",
      "StableLmModel"),
  NEMOTRON("NemotronForCausalLM", "NemotronModel"),
  MELLUM("MellumForCausalLM", "MellumModel"),
  IQUEST_CODER("IQuestCoderForCausalLM", "IQuestCoderModel"),
  LLAVA("LlavaForConditionalGeneration", "LlavaModel"),
  PIXTRAL("LlavaForConditionalGeneration", "LlavaModel"),
  VOXTRAL("VoxtralForConditionalGeneration", "VoxtralModel"),
  JANUS("JanusForConditionalGeneration", "JanusModel"),
  SMOL_VLM(
      "SmolVLMForConditionalGeneration",
      "Idefics3ForConditionalGeneration",
      "VLlama3ForCausalLM",
      "SmolVLMModel",
      "Idefics3Model"),
  KORMO("KORMoForCausalLM", "KORMoModel"),
  MAINCODER("MaincoderForCausalLM", "MaincoderModel"),
  MAPLE("MapleForCausalLM", "MapleModel"),
  SARASHINA2_VISION("Sarashina2VisionForCausalLM"),
  NANBEIGE("NanbeigeForCausalLM", "NanbeigeModel"),
  LING("BailingMoeForCausalLM", "BailingMoeModel"),
  LING2("BailingMoeV2ForCausalLM", "BailingMoeV2Model"),
  AFMOE("AfmoeForCausalLM", "AfmoeModel"),
  LAGUNA("LagunaForCausalLM", "LagunaModel"),
  SMALL_THINKER("SmallThinkerForCausalLM", "SmallThinkerModel"),
  DBRX("DbrxForCausalLM", "DbrxModel"),
  GROVE_MOE("GroveMoeForCausalLM", "modeling_grove_moe.GroveMoeForCausalLM", "GroveMoeModel"),
  MI_MO2("MiMoV2FlashForCausalLM", "MiMoV2FlashModel"),
  ARCTIC("ArcticForCausalLM", "ArcticModel"),
  DECI("DeciLMForCausalLM", "DeciLMModel"),
  HUN_YUAN("HunYuanDenseV1ForCausalLM", "HunYuanDenseV1Model"),
  EXAONE_MOE("ExaoneMoeForCausalLM", "ExaoneMoEForCausalLM", "ExaoneMoeModel"),
  EXAONE4_WITH_IMAGES("Exaone4_5_ForConditionalGeneration", "Exaone4_5_Model"),
  GLM4_OF_DOCUMENTS("GlmOcrForConditionalGeneration", "GlmOcrModel", "GlmOcrTextModel"),
  ERNIE45_MOE("Ernie4_5_MoeForCausalLM", "Ernie4_5_MoeModel"),
  DOTS1("Dots1ForCausalLM", "Dots1Model"),
  GRANITE_SWA("GraniteSWAForCausalLM", "GraniteSWAModel"),
  GRANITE_SWA_WITH_EXPERTS("GraniteMoeSWAForCausalLM", "GraniteMoeSWAModel"),
  GRANITE4("GraniteMoeHybridForCausalLM", "GraniteMoeHybridModel"),
  GLM4_MOE_WITH_IMAGES("Glm4vMoeForConditionalGeneration", "Glm4vMoeModel", "Glm4vMoeTextModel"),
  GLM4_MOE_LITE("Glm4MoeLiteForCausalLM", "Glm4MoeLiteModel"),
  KIMI_WITH_IMAGES("KimiK25ForConditionalGeneration", "KimiVLForConditionalGeneration"),
  MINI_MAX_M2("MiniMaxM2ForCausalLM", "MiniMaxM2Model"),
  STEP3_VL("StepVLForConditionalGeneration"),
  PADDLE_OCR("PaddleOCRVLForConditionalGeneration", "PaddleOCRVLModel"),
  SOLAR_OPEN("SolarOpenForCausalLM", "SolarOpenModel"),
  GLM("GlmForCausalLM", "GlmModel"),
  HUN_YUAN_MOE("HunYuanMoEV1ForCausalLM", "HunYuanMoEV1Model"),
  GROK("GrokForCausalLM", "GrokModel"),
  GROK_GROK_2("Grok1ForCausalLM"),
  HY_V3("HYV3ForCausalLM", "HYV3Model"),
  PLAMO("PlamoForCausalLM", "PlamoModel"),
  LFM2("Lfm2ForCausalLM", "LFM2ForCausalLM", "Lfm2Model"),
  LFM2_WITH_IMAGES("Lfm2VlForConditionalGeneration", "Lfm2VlModel"),
  LFM2_MOE("Lfm2MoeForCausalLM", "Lfm2MoeModel"),
  GEMMA4(
      "Gemma4ForConditionalGeneration",
      "Gemma4ForCausalLM",
      "Gemma4UnifiedForConditionalGeneration",
      "Gemma4UnifiedForCausalLM",
      "Gemma4Model",
      "Gemma4TextModel",
      "Gemma4UnifiedModel",
      "Gemma4UnifiedTextModel"),
  STEP35("Step3p5ForCausalLM", "Step3p7ForConditionalGeneration"),
  CHAT_GLM("ChatGLMModel", "ChatGLMForConditionalGeneration"),
  MAMBA("MambaForCausalLM", "MambaLMHeadModel", "MambaModel"),
  MAMBA_FALCON_MAMBA("FalconMambaForCausalLM", "FalconMambaModel"),
  YOUTU("YoutuForCausalLM", "YoutuModel", "YoutuVLForConditionalGeneration"),
  DEEP_SEEK_MOE("DeepseekForCausalLM", "DeepseekModel"),
  QWEN35("Qwen3_5ForConditionalGeneration", "Qwen3_5ForCausalLM"),
  QWEN35_MOE("Qwen3_5MoeForConditionalGeneration", "Qwen3_5MoeForCausalLM"),
  QWEN3_NEXT("Qwen3NextForCausalLM"),
  GEMMA3N(
      "Gemma3nForConditionalGeneration", "Gemma3nForCausalLM", "Gemma3nModel", "Gemma3nTextModel"),
  MAMBA2("Mamba2ForCausalLM"),
  JAMBA("JambaForCausalLM", "JambaModel"),
  NEMOTRON_H("NemotronHForCausalLM", "NemotronHModel"),
  NEMOTRON_HMOE("NemotronHForCausalLM", "NemotronHModel"),
  PLAMO2("Plamo2ForCausalLM", "PLaMo2ForCausalLM"),
  GRANITE_HYBRID("GraniteMoeHybridForCausalLM", "GraniteMoeHybridModel"),
  GRANITE_HYBRID_WITH_EXPERTS("GraniteMoeHybridForCausalLM", "GraniteMoeHybridModel"),
  BAMBA("BambaForCausalLM"),
  FALCON_H1("FalconH1ForCausalLM"),
  COHERE2_MOE("Cohere2MoeForCausalLM", "Cohere2MoeModel"),
  SARVAM("SarvamMoEForCausalLM", "modeling_sarvam_moe.SarvamMoEForCausalLM", "SarvamMoEModel"),
  KIMI_LINEAR("KimiLinearForCausalLM", "KimiLinearModel"),
  ;

  @SuppressWarnings("ImmutableEnumChecker") // A Set.of is not changed.
  private final Set<String> classes;

  KnownFamily(String... classes) {
    this.classes = Set.of(classes);
  }

  Set<String> classes() {
    return classes;
  }

  Family family() {
    return switch (this) {
      case LLAMA -> Llama.FAMILY;
      case MISTRAL -> Mistral.FAMILY;
      case MIXTRAL -> Mixtral.FAMILY;
      case QWEN2 -> Qwen2.FAMILY;
      case QWEN2_MOE -> Qwen2Moe.FAMILY;
      case QWEN3 -> Qwen3.FAMILY;
      case QWEN3_MOE -> Qwen3Moe.FAMILY;
      case PHI3 -> Phi3.FAMILY;
      case GEMMA2 -> Gemma2.FAMILY;
      case GEMMA3 -> Gemma3.FAMILY;
      case DEEP_SEEK -> DeepSeek.FAMILY;
      case MISTRAL3 -> Mistral3.FAMILY;
      case MISTRAL4 -> Mistral4.FAMILY;
      case LLAMA4 -> Llama4.FAMILY;
      case FALCON -> Falcon.FAMILY;
      case GPT_NEO_X -> GptNeoX.FAMILY;
      case MPT -> Mpt.FAMILY;
      case BLOOM -> Bloom.FAMILY;
      case GPT2 -> Gpt2.FAMILY;
      case GPT_NEO -> GptNeo.FAMILY;
      case GPT_OSS -> GptOss.FAMILY;
      case SMOL_LM3 -> SmolLm3.FAMILY;
      case SEED_OSS -> SeedOss.FAMILY;
      case ERNIE45 -> Ernie45.FAMILY;
      case GLM4_MOE -> Glm4Moe.FAMILY;
      case PHI2 -> Phi2.FAMILY;
      case STAR_CODER2 -> StarCoder2.FAMILY;
      case STAR_CODER -> StarCoder.FAMILY;
      case PHI_MOE -> PhiMoe.FAMILY;
      case GLM4 -> Glm4.FAMILY;
      case GLM4_WITH_IMAGES -> Glm4.WITH_IMAGES;
      case EXAONE -> Exaone.FAMILY;
      case EXAONE4 -> Exaone4.FAMILY;
      case GRANITE -> Granite.FAMILY;
      case GRANITE_MOE -> GraniteMoe.FAMILY;
      case GEMMA -> Gemma.FAMILY;
      case INTERN_LM2 -> InternLm2.FAMILY;
      case INTERN_LM3 -> InternLm3.FAMILY;
      case MINI_CPM -> MiniCpm.FAMILY;
      case MINI_CPM3 -> MiniCpm3.FAMILY;
      case PLM -> Plm.FAMILY;
      case OLMO -> Olmo.FAMILY;
      case OLMO2 -> Olmo2.FAMILY;
      case OLMO3 -> Olmo3.FAMILY;
      case OLMOE -> Olmoe.FAMILY;
      case QWEN2_VL -> Qwen2Vl.FAMILY;
      case QWEN3_VL -> Qwen3Vl.FAMILY;
      case QWEN3_VL_MOE -> Qwen3VlMoe.FAMILY;
      case QWEN3_OMNI -> Qwen3Omni.FAMILY;
      case QWEN3_ASR -> Qwen3Asr.FAMILY;
      case BAICHUAN -> Baichuan.FAMILY;
      case ORION -> Orion.FAMILY;
      case CODE_SHELL -> CodeShell.FAMILY;
      case REFACT -> Refact.FAMILY;
      case JAIS -> Jais.FAMILY;
      case JAIS2 -> Jais2.FAMILY;
      case XVERSE -> Xverse.FAMILY;
      case RU_GPT3_XL -> RuGpt3Xl.FAMILY;
      case COMMAND_R -> CommandR.FAMILY;
      case COHERE2 -> Cohere2.FAMILY;
      case BIT_NET -> BitNet.FAMILY;
      case OPEN_ELM -> OpenElm.FAMILY;
      case PLAMO3 -> Plamo3.FAMILY;
      case QWEN2_AUDIO -> Qwen2Audio.FAMILY;
      case DOTS_OCR -> DotsOcr.FAMILY;
      case QWEN -> Qwen.FAMILY;
      case PANGU -> Pangu.FAMILY;
      case LLADA -> Llada.FAMILY;
      case LLADA_MOE -> LladaMoe.FAMILY;
      case DREAM -> Dream.FAMILY;
      case RND1 -> Rnd1.FAMILY;
      case ARCEE -> Arcee.FAMILY;
      case APERTUS -> Apertus.FAMILY;
      case STABLE_LM -> StableLm.FAMILY;
      case NEMOTRON -> Nemotron.FAMILY;
      case MELLUM -> Mellum.FAMILY;
      case IQUEST_CODER -> IQuestCoder.FAMILY;
      case LLAVA -> Llava.FAMILY;
      case PIXTRAL -> Pixtral.FAMILY;
      case VOXTRAL -> Voxtral.FAMILY;
      case JANUS -> Janus.FAMILY;
      case SMOL_VLM -> SmolVlm.FAMILY;
      case KORMO -> Kormo.FAMILY;
      case MAINCODER -> Maincoder.FAMILY;
      case MAPLE -> Maple.FAMILY;
      case SARASHINA2_VISION -> Sarashina2Vision.FAMILY;
      case NANBEIGE -> Nanbeige.FAMILY;
      case LING -> Ling.FAMILY;
      case LING2 -> Ling2.FAMILY;
      case AFMOE -> Afmoe.FAMILY;
      case LAGUNA -> Laguna.FAMILY;
      case SMALL_THINKER -> SmallThinker.FAMILY;
      case DBRX -> Dbrx.FAMILY;
      case GROVE_MOE -> GroveMoe.FAMILY;
      case MI_MO2 -> MiMo2.FAMILY;
      case ARCTIC -> Arctic.FAMILY;
      case DECI -> Deci.FAMILY;
      case HUN_YUAN -> HunYuan.FAMILY;
      case EXAONE_MOE -> ExaoneMoe.FAMILY;
      case EXAONE4_WITH_IMAGES -> Exaone4.WITH_IMAGES;
      case GLM4_OF_DOCUMENTS -> Glm4.OF_DOCUMENTS;
      case ERNIE45_MOE -> Ernie45Moe.FAMILY;
      case DOTS1 -> Dots1.FAMILY;
      case GRANITE_SWA -> GraniteSwa.FAMILY;
      case GRANITE_SWA_WITH_EXPERTS -> GraniteSwa.WITH_EXPERTS;
      case GRANITE4 -> Granite4.FAMILY;
      case GLM4_MOE_WITH_IMAGES -> Glm4Moe.WITH_IMAGES;
      case GLM4_MOE_LITE -> Glm4MoeLite.FAMILY;
      case KIMI_WITH_IMAGES -> Kimi.WITH_IMAGES;
      case MINI_MAX_M2 -> MiniMaxM2.FAMILY;
      case STEP3_VL -> Step3Vl.FAMILY;
      case PADDLE_OCR -> PaddleOcr.FAMILY;
      case SOLAR_OPEN -> SolarOpen.FAMILY;
      case GLM -> Glm.FAMILY;
      case HUN_YUAN_MOE -> HunYuanMoe.FAMILY;
      case GROK -> Grok.FAMILY;
      case GROK_GROK_2 -> Grok.GROK_2;
      case HY_V3 -> HyV3.FAMILY;
      case PLAMO -> Plamo.FAMILY;
      case LFM2 -> Lfm2.FAMILY;
      case LFM2_WITH_IMAGES -> Lfm2.WITH_IMAGES;
      case LFM2_MOE -> Lfm2Moe.FAMILY;
      case GEMMA4 -> Gemma4.FAMILY;
      case STEP35 -> Step35.FAMILY;
      case CHAT_GLM -> ChatGlm.FAMILY;
      case MAMBA -> Mamba.FAMILY;
      case MAMBA_FALCON_MAMBA -> Mamba.FALCON_MAMBA;
      case YOUTU -> Youtu.FAMILY;
      case DEEP_SEEK_MOE -> DeepSeekMoe.FAMILY;
      case QWEN35 -> Qwen35.FAMILY;
      case QWEN35_MOE -> Qwen35.MOE;
      case QWEN3_NEXT -> Qwen3Next.FAMILY;
      case GEMMA3N -> Gemma3n.FAMILY;
      case MAMBA2 -> Mamba2.FAMILY;
      case JAMBA -> Jamba.FAMILY;
      case NEMOTRON_H -> NemotronH.FAMILY;
      case NEMOTRON_HMOE -> NemotronHMoe.FAMILY;
      case PLAMO2 -> Plamo2.FAMILY;
      case GRANITE_HYBRID -> GraniteHybrid.FAMILY;
      case GRANITE_HYBRID_WITH_EXPERTS -> GraniteHybrid.WITH_EXPERTS;
      case BAMBA -> Bamba.FAMILY;
      case FALCON_H1 -> FalconH1.FAMILY;
      case COHERE2_MOE -> Cohere2Moe.FAMILY;
      case SARVAM -> Sarvam.FAMILY;
      case KIMI_LINEAR -> KimiLinear.FAMILY;
    };
  }
}

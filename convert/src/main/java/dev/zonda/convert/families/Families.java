package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.TextPart;
import dev.zonda.convert.rules.Family;
import dev.zonda.formats.FormatException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// All families that can be converted.
public final class Families {
  private static final List<Family> ALL =
      List.of(
          Llama.FAMILY,
          Mistral.FAMILY,
          Mixtral.FAMILY,
          Qwen2.FAMILY,
          Qwen2Moe.FAMILY,
          Qwen3.FAMILY,
          Qwen3Moe.FAMILY,
          Phi3.FAMILY,
          Gemma2.FAMILY,
          Gemma3.FAMILY,
          DeepSeek.FAMILY,
          Mistral3.FAMILY,
          Mistral4.FAMILY,
          Llama4.FAMILY,
          Falcon.FAMILY,
          GptNeoX.FAMILY,
          Mpt.FAMILY,
          Bloom.FAMILY,
          Gpt2.FAMILY,
          GptNeo.FAMILY,
          GptOss.FAMILY,
          SmolLm3.FAMILY,
          SeedOss.FAMILY,
          Ernie45.FAMILY,
          Glm4Moe.FAMILY,
          Phi2.FAMILY,
          StarCoder2.FAMILY,
          StarCoder.FAMILY,
          PhiMoe.FAMILY,
          Glm.FAMILY,
          Glm4.FAMILY,
          Glm4.WITH_IMAGES,
          Exaone.FAMILY,
          Exaone4.FAMILY,
          Granite.FAMILY,
          GraniteMoe.FAMILY,
          Gemma.FAMILY,
          InternLm2.FAMILY,
          InternLm3.FAMILY,
          MiniCpm.FAMILY,
          MiniCpm3.FAMILY,
          Plm.FAMILY,
          Olmo.FAMILY,
          Olmo2.FAMILY,
          Olmo3.FAMILY,
          Olmoe.FAMILY,
          Qwen2Vl.FAMILY,
          Qwen3Vl.FAMILY,
          Qwen3VlMoe.FAMILY,
          Qwen3Omni.FAMILY,
          Qwen3Asr.FAMILY,
          Baichuan.FAMILY,
          Orion.FAMILY,
          CodeShell.FAMILY,
          Refact.FAMILY,
          Jais.FAMILY,
          Jais2.FAMILY,
          Xverse.FAMILY,
          RuGpt3Xl.FAMILY,
          CommandR.FAMILY,
          Cohere2.FAMILY,
          BitNet.FAMILY,
          OpenElm.FAMILY,
          Plamo3.FAMILY,
          Qwen2Audio.FAMILY,
          DotsOcr.FAMILY,
          Qwen.FAMILY,
          Pangu.FAMILY,
          Llada.FAMILY,
          LladaMoe.FAMILY,
          Dream.FAMILY,
          Rnd1.FAMILY,
          Arcee.FAMILY,
          Apertus.FAMILY,
          StableLm.FAMILY,
          Nemotron.FAMILY,
          Mellum.FAMILY,
          IQuestCoder.FAMILY,
          Llava.FAMILY,
          Pixtral.FAMILY,
          Voxtral.FAMILY,
          Janus.FAMILY,
          SmolVlm.FAMILY,
          Kormo.FAMILY,
          Maincoder.FAMILY,
          Maple.FAMILY,
          Sarashina2Vision.FAMILY,
          Nanbeige.FAMILY,
          Ling.FAMILY,
          Ling2.FAMILY,
          Afmoe.FAMILY,
          Laguna.FAMILY,
          SmallThinker.FAMILY,
          Dbrx.FAMILY,
          GroveMoe.FAMILY,
          MiMo2.FAMILY,
          Arctic.FAMILY,
          Deci.FAMILY,
          HunYuan.FAMILY,
          ExaoneMoe.FAMILY,
          Exaone4.WITH_IMAGES,
          Glm4.OF_DOCUMENTS,
          Ernie45Moe.FAMILY,
          Dots1.FAMILY,
          GraniteSwa.FAMILY,
          GraniteSwa.WITH_EXPERTS,
          Granite4.FAMILY,
          Glm4Moe.WITH_IMAGES,
          Glm4MoeLite.FAMILY,
          Kimi.WITH_IMAGES,
          MiniMaxM2.FAMILY,
          Step3Vl.FAMILY,
          PaddleOcr.FAMILY,
          SolarOpen.FAMILY,
          HunYuanMoe.FAMILY,
          HyV3.FAMILY,
          Grok.FAMILY,
          Grok.GROK_2,
          Plamo.FAMILY);

  private Families() {}

  public static List<Family> all() {
    return ALL;
  }

  /// The class that a checkpoint names, if no family covers it.
  ///
  /// @param config its config.json
  /// @throws FormatException if it names none
  public static Optional<String> unknownClass(JsonFields config) throws FormatException {
    String name = className(config);
    return candidates(name).isEmpty() ? Optional.of(name) : Optional.empty();
  }

  /// The family of a checkpoint.
  ///
  /// @param config its config.json
  /// @throws FormatException if it names none, or one that is not known here
  public static Family of(JsonFields config) throws FormatException {
    String name = className(config);
    List<Family> candidates = candidates(name);
    if (candidates.isEmpty()) {
      throw config.problem(
          "architectures",
          "is '%s', which is not supported; 'zonda families' lists those that are".formatted(name));
    }
    Optional<String> type = TextPart.of(config).text("model_type");
    return candidates.stream()
        .filter(family ->
            !family.needsModelType() || type.filter(family.modelTypes()::contains).isPresent())
        .findFirst()
        .orElseThrow(() ->
            config.problem(
                "model_type",
                "is '%s', expected one of %s for %s"
                    .formatted(
                        type.orElse("missing"),
                        candidates.stream()
                            .flatMap(family -> family.modelTypes().stream())
                            .sorted()
                            .collect(Collectors.joining(", ")),
                        name)));
  }

  private static String className(JsonFields config) throws FormatException {
    JsonNode classes = config.node().path("architectures");
    if (!classes.isArray() || classes.isEmpty() || !classes.get(0).isString()) {
      throw config.problem(
          "architectures",
          "names no model class, expected one of those of 'zonda families --json'");
    }
    return classes.get(0).stringValue();
  }

  private static List<Family> candidates(String name) {
    return ALL.stream().filter(family -> family.classes().contains(name)).toList();
  }
}

package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.testdata.SeededCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What config.json says of the network is written where GGUF has a key, said where it has none,
/// and refused where it cannot even be evaluated.
class NetworkFieldsTest {
  private static final ConversionOptions REFERENCE =
      new ConversionOptions(OutputType.AUTO, Fidelity.AS_REFERENCE);

  @TempDir private Path temp;

  private Path folder(String name) throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.writeNetwork(name, folder);
    return folder;
  }

  private static String shown(Metadata metadata, String key) {
    return metadata.get(key).map(NetworkFieldsTest::shown).orElse("missing");
  }

  private static String shown(MetadataValue value) {
    return switch (value) {
      case MetadataValue.Float32(float number) -> Float.toString(number);
      case MetadataValue.Int32(int number) -> Integer.toString(number);
      case MetadataValue.Uint32(long number) -> Long.toString(number);
      case MetadataValue.Bool(boolean flag) -> flag ? "1" : "0";
      case MetadataValue.Text(String text) -> text;
      case MetadataValue.Array array ->
          array.values().stream().map(NetworkFieldsTest::shown).collect(Collectors.joining(""));
      default -> "something else";
    };
  }

  @ParameterizedTest
  @CsvSource({
    "gemma2_theta, gemma2.rope.freq_base, 500.0, missing",
    "gemma2_linear, gemma2.rope.scaling.factor, 4.0, missing",
    "gemma2_uncapped, gemma2.attn_logit_softcapping, 1.0737418E9, missing",
    "gemma2_layers, gemma2.attention.sliding_window_pattern, 011, missing",
    "gemma3_layers, gemma3.attention.sliding_window_pattern, 1010011, missing",
    "gemma3_pattern, gemma3.attention.sliding_window_pattern, 1010101, missing",
    "gemma3_vision_capped, gemma3.final_logit_softcapping, missing, 2.0",
    "gemma3_capped, gemma3.final_logit_softcapping, 2.0, 2.0",
    "llama4_positionless, llama4.attention.sliding_window, 0, 0",
    "gpt_oss_layers, gpt-oss.attention.sliding_window_pattern, 01, missing",
    "llama3_yarn_mscale, llama.rope.scaling.attn_factor, 0.8782489, missing",
    "llama3_longrope, llama.rope.scaling.type, longrope, longrope",
    "ministral3_mscale, mistral3.rope.scaling.attn_factor, 0.95658535, missing",
    "mpt_epsilon, mpt.attention.layer_norm_epsilon, 0.05, 1.0E-5",
    "falcon40b_inner, falcon.feed_forward_length, 160, 512",
    "phi2_grouped, phi2.attention.head_count_kv, 2, 4",
    "phi2_yarn, phi2.rope.scaling.type, yarn, missing",
    "orion_linear, orion.rope.scaling.factor, 4.0, missing",
    "phimoe_long, phimoe.rope.scaling.attn_factor, 1.1, 2.0615528",
    "starcoder2_epsilon, starcoder2.attention.layer_norm_epsilon, 0.01, 1.0E-5",
    "starcoder_heads, starcoder.attention.head_count_kv, 6, 1",
    "gpt2_inner, gpt2.feed_forward_length, 160, 384",
    "phi3_long_factor, phi3.rope.scaling.attn_factor, 1.25, 1.1902381",
    "granite_long_heads, granite.attention.key_length, 32, missing",
    "granite_long_heads, granite.rope.dimension_count, 32, 16",
    "olmo_clamped, olmo.attention.clamp_kqv, 0.25, 0.25",
    "olmo3_base, olmo2.rope.freq_base_swa, 500000.0, 500000.0",
    "olmo3_layers, olmo2.attention.sliding_window_pattern, 01011, 01011",
    "olmoe_epsilon, olmoe.attention.layer_norm_rms_epsilon, 0.01, 1.0E-5",
    "olmoe_normed, olmoe.expert_weights_norm, 1, missing",
    "command_r, command-r.context_length, 131072, 131072",
    "command_r_linear, command-r.rope.scaling.type, linear, none",
    "command_r_silent, command-r.rope.scaling.type, none, none",
    "cohere2_pattern, cohere2.attention.sliding_window_pattern, 10101, missing",
    "cohere2_yarn, cohere2.rope.scaling.type, yarn, none",
    "dots1, dots1.expert_gating_func, 2, missing",
    "dots1_scored, dots1.expert_gating_func, 2, 2",
    "granite_swa, granite_swa.attention.rope_pattern, 01110, 01110",
    "granite_swa_base, granite_swa.attention.rope_pattern, 11001, missing",
    "granite_swa_base, granite_swa.rope.freq_base, 500.0, 10000.0",
    "granite_swa_silent, granite_swa.attention.sliding_window_pattern, 01110, 01110",
    "granite_unscaled, granite.attention.scale, 1.0, 1.0",
    "qwen3_vl_silent, qwen3vl.rope.dimension_sections, 6550, missing",
    "deepseek_v3_silent, deepseek2.expert_gating_func, 2, missing",
  })
  void isWrittenWhereThereIsAKey(String name, String key, String value, String ofReference)
      throws IOException {
    Path folder = folder(name);
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      assertEquals(value, shown(model.metadata(), key));
    }
    try (Blueprint model = Conversion.open(folder, REFERENCE)) {
      assertEquals(ofReference, shown(model.metadata(), key));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama3_relu | llama.feed_forward.activation | relu | hidden_act is 'relu', which GGUF has no key for",
        "gemma2_relu | gemma2.feed_forward.activation | relu | hidden_activation is 'relu'",
        "gpt2_silu | gpt2.feed_forward.activation | silu | activation_function is 'silu'",
        "falcon40b_relu6 | falcon.feed_forward.activation | relu6 | activation is 'relu6'",
        "gpt2_by_layer | gpt2.attention.layer_scales | 0.250.125 | inverse_layer_idx is true",
        "gpt2_unscaled | gpt2.attention.layer_scales | 1.01.0 | scale_attn_weights is false",
        "qwen2_llama3 | qwen2.rope.scaling.type | llama3 | rope_type 'llama3', which GGUF has no key",
        "qwen2_moe_window | qwen2moe.attention.sliding_window_pattern | 10 | use_sliding_window is true",
        "qwen3_moe_window | qwen3moe.attention.sliding_window_pattern | 11 | use_sliding_window is true",
        "qwen2_5_vl_window | qwen2vl.attention.sliding_window_pattern | 01 | use_sliding_window is true",
        "qwen2_window | qwen2.attention.sliding_window_pattern | 011 | use_sliding_window is true",
        "gpt_oss_rounded | gpt-oss.rope.scaling.yarn_truncate | 1 | truncate true",
        "bloom_residual | bloom.residual_of_norm | 1 | apply_residual_connection_post_layernorm is true",
        "baichuan2_layers | baichuan.positions | rotary | llama.cpp has no positions in a model of 2 layers",
        "rugpt3xl_sparse | gpt2.attention.sparse.layers | 10 | sparse_mode is 'alternating', which GGUF has no key",
        "rugpt3xl_sparse | gpt2.attention.sparse.local_blocks | 3 | sparse_mode is 'alternating'",
        "jais_root | jais.attention.scale | 0.25 | mup_scale_qk_dot_by_d is false, which GGUF has no key for",
        "phimoe_jitter | phimoe.router_jitter | 0.3 | router_jitter_noise is 0.3, which GGUF has no key for",
        "phimoe_long | phimoe.rope.scaling.long_attn_factor | 1.4 | long_mscale is 1.4, which GGUF has no key",
        "starcoder2_window | starcoder2.attention.sliding_window | 8 | sliding_window is 8, which GGUF has no key",
        "starcoder_gelu | starcoder.feed_forward.activation | gelu | activation_function is 'gelu'",
        "starcoder_unscaled | starcoder.attention.scale | 1.0 | scale_attn_weights is false",
        "olmoe_clamped | olmoe.attention.clamp_kqv | 0.5 | clip_qkv is 0.5, which GGUF has no key for",
        "falcon_mamba_epsilon | mamba.ssm.dt_b_c_rms_epsilon | 1.0E-6 | mixer_rms_eps is 1.0E-6, which GGUF has no",
        "mamba_gelu | mamba.feed_forward.activation | gelu | hidden_act is 'gelu', which GGUF has no key for",
        "lfm2_moe_weights | lfm2moe.expert_weights_norm | 0 | norm_topk_prob is false, which GGUF has no key",
        "lfm2_moe_weights | lfm2moe.expert_weights_scale | 2.5 | routed_scaling_factor is 2.5, which GGUF",
        "deepseek_moe_normed | deepseek.expert_weights_norm | 1 | norm_topk_prob is true, which GGUF has no key",
        "cohere2_moe_free | cohere2moe.rope.layers | 011101 | layers with positions is [1, 2, 3, 5], which GGUF",
        "cohere2_moe_summed | cohere2moe.expert_shared_sum | 1 | combination_strategy is sum, which GGUF has no",
        "dots1_window | dots1.attention.sliding_window_pattern | 011 | sliding_window is 8, which GGUF has no key",
        "olmo3_by_type | olmo2.rope.scaling_swa.type | linear | rope_type 'linear' of layers with a window",
        "smollm3_layers | smollm3.rope.layers | 01011 | no_rope_layers is [1, 3, 4], which GGUF has no key",
        "smollm3_interval | smollm3.rope.layers | 10101 | no_rope_layers is [0, 2, 4], which GGUF has no key",
        "smollm3_window | smollm3.attention.sliding_window | 16 | sliding_window is 16, which GGUF has no key",
        "smollm3_window_layers | smollm3.attention.sliding_window_pattern | 10001 | sliding_window is 16, which",
        "smollm3_llama3 | smollm3.rope.scaling.type | llama3 | rope_type 'llama3', which GGUF has no key",
      })
  void isKeptAndSaidWhereThereIsNone(String name, String key, String value, String note)
      throws IOException {
    try (Blueprint model = Conversion.open(folder(name), ConversionOptions.DEFAULT)) {
      assertEquals(value, shown(model.unwritten(), key));
      assertEquals("missing", shown(model.metadata(), key));
      assertTrue(
          model.notes().stream().anyMatch(line -> line.contains(note)), model.notes().toString());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "phimoe | norms subtract the mean, but llama.cpp has RMS norms in phimoe",
        "refact | norms subtract the mean, but llama.cpp has RMS norms in refact",
        "baichuan2 | the rows of output.weight are divided by their lengths, as Baichuan 2 does",
        "xverse | scores are written from the order of its merges; llama.cpp's converter writes none",
      })
  void whatLlamaCppDoesOtherwiseIsSaid(String name, String note) throws IOException {
    Path folder = temp.resolve(name);
    SeededCheckpoint.write(name, folder);
    try (Blueprint model = Conversion.open(folder, ConversionOptions.DEFAULT)) {
      assertTrue(
          model.notes().stream().anyMatch(line -> line.contains(note)), model.notes().toString());
    }
    try (Blueprint model = Conversion.open(folder, REFERENCE)) {
      assertFalse(
          model.notes().stream().anyMatch(line -> line.contains(note)), model.notes().toString());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama3 | {\"hidden_act\": \"mish\"} | hidden_act is 'mish', which can neither be written nor evaluated",
        "gemma2 | {\"layer_types\": [\"full_attention\"]} | layer_types is for 1 layers, but the model has 3",
        "gemma2 | {\"layer_types\": [\"full_attention\", \"linear_attention\", \"full_attention\"]} |"
            + " layer_types holds 'linear_attention', expected full_attention or sliding_attention",
        "gemma2 | {\"use_bidirectional_attention\": true} | use_bidirectional_attention is true: tokens see",
        "gemma2 | {\"sliding_window\": null} | sliding_window is missing, but there are layers that need it",
        "falcon40b | {\"parallel_attn\": false, \"new_decoder_architecture\": true} | parallel_attn is false",
        "gpt2 | {\"add_cross_attention\": true} | add_cross_attention is true",
        "mpt | {\"attn_config\": {\"prefix_lm\": true}} | prefix_lm is true",
        "bloom | {\"slow_but_exact\": true, \"pretraining_tp\": 2} | slow_but_exact is true and pretraining_tp is 2",
        "smollm3 | {\"no_rope_layers\": [1]} | no_rope_layers is for 1 layers, but the model has 5",
        "smollm3 | {\"layer_types\": [\"sliding_attention\", \"full_attention\", \"full_attention\","
            + " \"full_attention\", \"full_attention\"]} | sliding_window is missing, but there are layers",
        "olmo | {\"clip_qkv\": 0.0} | clip_qkv is 0.0, expected more than 0",
        "olmo3 | {\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 2}} | type is not read by the family's class",
        "olmo3 | {\"rope_parameters\": {\"rope_theta\": 5}} | rope_parameters is for all layers alike",
        "olmo3 | {\"sliding_window\": null} | sliding_window is missing, but there are layers that need it",
        "granite_swa | {\"layer_rope_theta\": [1, 2, 0, 0, 0]} | layer_rope_theta holds [1.0, 2.0], several base",
        "granite_swa | {\"layer_rope_theta\": [1]} | layer_rope_theta is not a list of a number for each of 5 layers",
        "granite4 | {\"num_local_experts\": 4} | num_local_experts is 4",
        "granite4 | {\"position_embedding_type\": null} | position_embedding_type is not 'rope'",
        "plamo2 | {\"rms_norm_eps\": 1e-5} | rms_norm_eps is 1.0E-5: norms of heads with another one, 1.0E-6",
        "plamo2 | {\"mamba_step\": 1} | mamba_step is 1, expected at least 2",
        "granite | {\"logits_scaling\": 0} | logits_scaling is 0.0, expected more than 0",
        "cohere2_moe | {\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}} | rope_scaling is not read by transformers'",
        "cohere2_moe | {\"mlp_layer_types\": [\"dense\", \"sparse\", \"dense\", \"sparse\", \"sparse\", \"sparse\"]} | has a dense layer behind one with experts",
        "starcoder | {\"add_cross_attention\": true} | add_cross_attention is true",
        "phimoe | {\"rope_scaling\": {\"type\": \"longrope\", \"long_factor\": [1, 1, 1, 1, 1, 1, 1, 1],"
            + " \"short_factor\": [1, 1, 1, 1, 1, 1, 1, 1]}} | short_mscale is missing, but the",
        "phimoe | {\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}} | is 'linear', expected longrope",
        "codeshell | {\"group_query_attention\": false} | group_query_attention is false",
        "jais | {\"activation_function\": \"gelu\"} | activation_function is 'gelu', expected 'swiglu'",
        "jais | {\"position_embedding_type\": \"learned\"} | is 'learned', expected 'alibi'",
        "rugpt3xl | {\"sparse_mode\": \"some\"} | sparse_mode is 'some', expected none, alternating or all",
        "llama4 | {\"no_rope_layers\": [1]} | no_rope_layers is for 1 layers, but the model has 4",
        "llama4 | {\"attention_chunk_size\": null, \"layer_types\": [\"chunked_attention\", \"chunked_attention\", \"chunked_attention\", \"full_attention\"]} | attention_chunk_size is missing, but there are layers",
        "deepseek_v2_lite | {\"topk_method\": \"best\"} | topk_method is 'best', expected greedy",
        "llama3 | {\"rope_scaling\": {\"rope_type\": \"bent\", \"factor\": 2}} | is 'bent', expected default",
        "llama3 | {\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 2, \"attention_factor\": 0}} |"
            + " attention_factor is 0.0, expected more than 0",
        "llama3 | {\"rope_scaling\": {\"rope_type\": \"yarn\"}} | factor is missing, but the rope_type needs it",
        "phi3_long | {\"rope_scaling\": {\"type\": \"longrope\", \"long_factor\": [1], \"short_factor\": [1]}} |"
            + " long_factor has 1 values, expected 8",
      })
  void isRefusedWhereItCannotBeEvaluated(String name, String fields, String message)
      throws IOException {
    Path folder = folder(name);
    Path file = folder.resolve("config.json");
    ObjectNode root = (ObjectNode) JsonMapper.shared().readTree(Files.readString(file));
    JsonNode text = root.has("text_config") ? root.path("text_config") : root;
    ((ObjectNode) text).setAll((ObjectNode) JsonMapper.shared().readTree(fields));
    Files.writeString(file, root.toString());
    FormatException problem =
        assertThrows(
            FormatException.class, () -> Conversion.open(folder, ConversionOptions.DEFAULT));
    assertTrue(problem.getMessage().contains(message), problem.getMessage());
    assertEquals(1, problem.getMessage().lines().count());
  }
}

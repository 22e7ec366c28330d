"""The first DeepSeek with experts: attention as in Llama, dense first layers, experts by softmax next to shared ones."""
import torch
from torch import nn
from transformers import PreTrainedConfig

from published.parts import Gated, Norm, Separate, Stack, register, routed


class DeepSeekConfig(PreTrainedConfig):
    rope_parameters: dict | None = None
    max_position_embeddings: int = 2048
    vocab_size: int = 102400
    hidden_size: int = 4096
    num_hidden_layers: int = 30
    num_attention_heads: int = 32
    num_key_value_heads: int = 32

    def __init__(self, **kwargs):
        super().__init__(**{
            "hidden_act": "silu", "intermediate_size": 11008, "moe_intermediate_size": 1407, "rms_norm_eps": 1e-6,
            "rope_theta": 10000.0, "first_k_dense_replace": 0, "moe_layer_freq": 1, "norm_topk_prob": False,
            "n_shared_experts": None, "attention_bias": False, "tie_word_embeddings": False, **kwargs})


class Gate(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.weight = nn.Parameter(torch.zeros(config.n_routed_experts, config.hidden_size))

    def forward(self, x):
        count = self.config.num_experts_per_tok
        weights, chosen = (x @ self.weight.T).softmax(-1).topk(count)
        if count > 1 and self.config.norm_topk_prob:
            weights = weights / (weights.sum(-1, keepdim=True) + 1e-20)
        return chosen, weights


class Experts(nn.Module):
    def __init__(self, config):
        super().__init__()
        size = config.moe_intermediate_size
        self.gate = Gate(config)
        self.experts = nn.ModuleList(Gated(config.hidden_size, size, config.hidden_act) for _ in range(config.n_routed_experts))
        self.shared_experts = Gated(config.hidden_size, size * config.n_shared_experts, config.hidden_act)

    def forward(self, x):
        flat = x.flatten(0, 1)
        return routed(flat, self.experts, *self.gate(flat)).view_as(x) + self.shared_experts(x)


class Layer(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        size, length = config.hidden_size, config.hidden_size // config.num_attention_heads
        keys = config.num_key_value_heads * length
        self.self_attn = Separate(size, size, keys, length)
        if config.attention_bias:
            for name, count in (("q_proj", size), ("k_proj", keys), ("v_proj", keys), ("o_proj", size)):
                getattr(self.self_attn, name).bias = nn.Parameter(torch.zeros(count))
        is_dense = layer < config.first_k_dense_replace or layer % config.moe_layer_freq != 0
        self.mlp = Gated(size, config.intermediate_size, config.hidden_act) if is_dense else Experts(config)
        self.input_layernorm = Norm(size, config.rms_norm_eps)
        self.post_attention_layernorm = Norm(size, config.rms_norm_eps)

    def forward(self, x, cos, sin):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class DeepSeek(Stack):
    _tied_weights_keys = {"lm_head.weight": "model.embed_tokens.weight"}
    kind = Layer


register("deepseek", DeepSeekConfig, DeepSeek)

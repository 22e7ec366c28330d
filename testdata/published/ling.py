"""Ling and Ring 1 and 2: queries, keys and values in one matrix; experts by softmax, or by sigmoid from groups, and shared ones."""
import torch
from torch import nn
from transformers import PreTrainedConfig

from published.parts import Gated, Norm, Stack, attend, causal, heads, register, rotated, routed


class LingConfig(PreTrainedConfig):
    """Both versions have the same model_type: the class that `architectures` names tells them apart."""

    rope_parameters: dict | None = None
    vocab_size: int = 157184
    hidden_size: int = 2048
    num_hidden_layers: int = 20
    num_attention_heads: int = 16
    num_key_value_heads: int = 4
    max_position_embeddings: int = 32768

    def __init__(self, **kwargs):
        is_second = "V2" in (kwargs.get("architectures") or [""])[0]
        common = {"hidden_act": "silu", "use_qkv_bias": False, "first_k_dense_replace": 0, "use_bias": True,
                  "rms_norm_eps": 1e-5, "num_experts": 16, "num_shared_experts": 0, "num_experts_per_tok": 2, "norm_head": False,
                  "norm_topk_prob": True, "rope_theta": 10000.0, "head_dim": None, "tie_word_embeddings": False,
                  "max_position_embeddings": 16384}
        second = {"use_bias": False, "rms_norm_eps": 1e-6, "rope_theta": 600000.0, "num_experts": 256, "num_shared_experts": 1,
                  "num_experts_per_tok": 8, "n_group": 8, "topk_group": 4, "first_k_dense_replace": 1, "use_qk_norm": True,
                  "routed_scaling_factor": 1.0, "head_dim": 128, "max_position_embeddings": 32768}
        values = {**common, **(second if is_second else {}), **kwargs}
        values["head_dim"] = values["head_dim"] or values["hidden_size"] // values["num_attention_heads"]
        super().__init__(**values)
        self.is_second = is_second
        if is_second and "partial_rotary_factor" in kwargs:
            self.rope_parameters.setdefault("partial_rotary_factor", kwargs["partial_rotary_factor"])

    def to_dict(self):
        return {key: value for key, value in super().to_dict().items() if key != "is_second"}


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config, length = config, config.head_dim
        self.sizes = [config.num_attention_heads * length, *[config.num_key_value_heads * length] * 2]
        self.query_key_value = nn.Linear(config.hidden_size, sum(self.sizes), bias=config.use_qkv_bias)
        self.dense = nn.Linear(self.sizes[0], config.hidden_size, bias=config.use_bias)
        if config.is_second and config.use_qk_norm:
            self.query_layernorm = Norm(length, config.rms_norm_eps)
            self.key_layernorm = Norm(length, config.rms_norm_eps)

    def forward(self, x, cos, sin):
        length = self.config.head_dim
        q, k, v = (heads(part, length) for part in self.query_key_value(x).split(self.sizes, -1))
        if hasattr(self, "query_layernorm"):
            q, k = self.query_layernorm(q), self.key_layernorm(k)
        q, k = rotated(q, cos, sin), rotated(k, cos, sin)
        return self.dense(attend(q, k, v, length ** -0.5, causal(x.shape[1])))


class Gate(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.weight = nn.Parameter(torch.zeros(config.num_experts, config.hidden_size))
        if config.is_second:
            self.register_buffer("expert_bias", torch.zeros(config.num_experts))

    def forward(self, x):
        config, scores = self.config, x @ self.weight.T
        count = config.num_experts_per_tok
        if not config.is_second:
            weights, chosen = scores.softmax(-1).topk(count)
            return chosen, weights / weights.sum(-1, keepdim=True) if count > 1 and config.norm_topk_prob else weights
        scores = scores.sigmoid()
        groups = (scores + self.expert_bias).unflatten(-1, (config.n_group, -1))
        best = groups.topk(2)[0].sum(-1).topk(config.topk_group)[1]
        seen = torch.zeros(groups.shape[:2]).scatter(1, best, 1)[..., None].bool()
        chosen = groups.masked_fill(~seen, float("-inf")).flatten(1).topk(count)[1]
        weights = scores.gather(1, chosen)
        if count > 1:
            weights = weights / (weights.sum(-1, keepdim=True) + 1e-20)
        return chosen, weights * config.routed_scaling_factor


class Experts(nn.Module):
    def __init__(self, config):
        super().__init__()
        size = config.moe_intermediate_size
        self.gate = Gate(config)
        self.experts = nn.ModuleList(
            Gated(config.hidden_size, size, config.hidden_act) for _ in range(config.num_experts))
        if config.num_shared_experts:
            self.shared_experts = Gated(config.hidden_size, size * config.num_shared_experts, config.hidden_act)

    def forward(self, x):
        flat = x.flatten(0, 1)
        out = routed(flat, self.experts, *self.gate(flat)).view_as(x)
        return out + self.shared_experts(x) if hasattr(self, "shared_experts") else out


class Layer(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.attention = Attention(config)
        is_dense = layer < config.first_k_dense_replace
        self.mlp = Gated(config.hidden_size, config.intermediate_size, config.hidden_act) if is_dense else Experts(config)
        self.input_layernorm = Norm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = Norm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x, cos, sin):
        x = x + self.attention(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class Ling(Stack):
    _tied_weights_keys = {"lm_head.weight": "model.word_embeddings.weight"}
    embedding, kind = "word_embeddings", Layer

    def output(self, x):
        weight = self.lm_head.weight
        if self.config.norm_head and not self.config.is_second:
            weight = weight / (weight.norm(dim=0, keepdim=True) + 1e-7)
        return x @ weight.T


register("bailing_moe", LingConfig, Ling)

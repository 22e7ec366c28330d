"""SmallThinker: experts with ReLU, chosen by what a layer sees; layers with or without windows, with or without rotary positions."""
import torch
from torch import nn
from transformers import PreTrainedConfig

from published.parts import Gated, Norm, Remote, attend, causal, heads, register, rotated, routed


class SmallThinkerConfig(PreTrainedConfig):
    rope_parameters: dict | None = None
    max_position_embeddings: int = 131072
    head_dim: int = 128
    hidden_size: int = 1536
    num_attention_heads: int = 12

    def __init__(self, **kwargs):
        values = {"vocab_size": 151936, "hidden_size": 1536, "num_hidden_layers": 32, "num_attention_heads": 12,
                  "num_key_value_heads": 2, "head_dim": 128, "max_position_embeddings": 131072, "rms_norm_eps": 1e-6,
                  "rope_theta": 1e6, "tie_word_embeddings": True, "sliding_window_size": 4096, "moe_num_primary_experts": 32,
                  "moe_num_active_primary_experts": 4, "moe_ffn_hidden_size": 768, "moe_primary_router_apply_softmax": False,
                  **kwargs}
        layers = values["num_hidden_layers"]
        values.setdefault("rope_layout", [1] * layers)
        values.setdefault("sliding_window_layout", [0] * layers)
        super().__init__(**values)


class Attention(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.length = config.head_dim
        self.is_rotated = config.rope_layout[layer]
        self.window = config.sliding_window_size if config.sliding_window_layout[layer] else None
        queries, keys = config.num_attention_heads * self.length, config.num_key_value_heads * self.length
        self.q_proj = nn.Linear(config.hidden_size, queries, bias=False)
        self.k_proj = nn.Linear(config.hidden_size, keys, bias=False)
        self.v_proj = nn.Linear(config.hidden_size, keys, bias=False)
        self.o_proj = nn.Linear(queries, config.hidden_size, bias=False)

    def forward(self, x, cos, sin):
        q, k, v = (heads(part(x), self.length) for part in (self.q_proj, self.k_proj, self.v_proj))
        if self.is_rotated:
            q, k = rotated(q, cos, sin), rotated(k, cos, sin)
        return self.o_proj(attend(q, k, v, self.length ** -0.5, causal(x.shape[1], self.window)))


class Experts(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.primary_router = nn.Linear(config.hidden_size, config.moe_num_primary_experts, bias=False)
        self.experts = nn.ModuleList(
            Gated(config.hidden_size, config.moe_ffn_hidden_size, "relu", ("gate", "up", "down"))
            for _ in range(config.moe_num_primary_experts))

    def forward(self, seen, x):
        scores, chosen = self.primary_router(seen.flatten(0, 1)).topk(self.config.moe_num_active_primary_experts)
        if self.config.moe_primary_router_apply_softmax:
            weights = scores.softmax(-1)
        else:
            weights = scores.sigmoid() / scores.sigmoid().sum(-1, keepdim=True)
        return routed(x.flatten(0, 1), self.experts, chosen, weights).view_as(x)


class Layer(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.self_attn = Attention(config, layer)
        self.block_sparse_moe = Experts(config)
        self.input_layernorm = Norm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = Norm(config.hidden_size, config.rms_norm_eps)

    def forward(self, seen, cos, sin):
        x = seen + self.self_attn(self.input_layernorm(seen), cos, sin)
        return x + self.block_sparse_moe(seen, self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config, layer) for layer in range(config.num_hidden_layers))
        self.norm = Norm(config.hidden_size, config.rms_norm_eps)


class SmallThinker(Remote):
    _tied_weights_keys = {"lm_head.weight": "model.embed_tokens.weight"}

    def __init__(self, config):
        super().__init__(config)
        self.model = Decoder(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self):
        return self.model.embed_tokens

    def get_output_embeddings(self):
        return self.lm_head

    def logits(self, ids):
        x = self.model.embed_tokens(ids)
        cos, sin = self.rope(self.config, x)
        for layer in self.model.layers:
            x = layer(x, cos, sin)
        return self.lm_head(self.model.norm(x))


register("smallthinker", SmallThinkerConfig, SmallThinker)

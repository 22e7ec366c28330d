"""SmallThinker: experts with ReLU, chosen by what a layer sees; layers with or without windows, with or without rotary positions."""
from torch import nn
from transformers import PreTrainedConfig

from published.parts import Gated, Norm, Separate, Stack, register, routed


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


def attention(config, layer):
    length = config.head_dim
    return Separate(config.hidden_size, config.num_attention_heads * length, config.num_key_value_heads * length, length,
                    config.sliding_window_size if config.sliding_window_layout[layer] else None, config.rope_layout[layer])


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
        self.self_attn = attention(config, layer)
        self.block_sparse_moe = Experts(config)
        self.input_layernorm = Norm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = Norm(config.hidden_size, config.rms_norm_eps)

    def forward(self, seen, cos, sin):
        x = seen + self.self_attn(self.input_layernorm(seen), cos, sin)
        return x + self.block_sparse_moe(seen, self.post_attention_layernorm(x))


class SmallThinker(Stack):
    _tied_weights_keys = {"lm_head.weight": "model.embed_tokens.weight"}
    kind = Layer


register("smallthinker", SmallThinkerConfig, SmallThinker)

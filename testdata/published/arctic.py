"""Arctic: a dense network behind attention, and beside both experts that see what a layer sees."""
from torch import nn
from transformers import PreTrainedConfig

from published.parts import Gated, Norm, Separate, Stack, register, routed


class ArcticConfig(PreTrainedConfig):
    rope_parameters: dict | None = None
    max_position_embeddings: int = 4096
    hidden_size: int = 4096
    num_attention_heads: int = 32

    def __init__(self, **kwargs):
        values = {"vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
                  "num_attention_heads": 32, "num_key_value_heads": None, "max_position_embeddings": 4096, "hidden_act": "silu",
                  "rms_norm_eps": 1e-5, "rope_theta": 1e6, "tie_word_embeddings": False, "num_local_experts": 8,
                  "num_experts_per_tok": 1, **kwargs}
        if values["num_key_value_heads"] is None:
            values["num_key_value_heads"] = values["num_attention_heads"]
        super().__init__(**values)


def attention(config):
    length = config.hidden_size // config.num_attention_heads
    return Separate(config.hidden_size, config.hidden_size, config.num_key_value_heads * length, length)


def gated(config, inner):
    return Gated(config.hidden_size, inner, config.hidden_act, ("w1", "w3", "w2"))


class Experts(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.count = config.num_experts_per_tok
        self.gate = nn.Linear(config.hidden_size, config.num_local_experts, bias=False)
        self.experts = nn.ModuleList(gated(config, config.intermediate_size) for _ in range(config.num_local_experts))

    def forward(self, x):
        flat = x.flatten(0, 1)
        weights, chosen = self.gate(flat).softmax(-1).topk(self.count)
        return routed(flat, self.experts, chosen, weights / weights.sum(-1, keepdim=True)).view_as(x)


class Layer(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.self_attn = attention(config)
        self.block_sparse_moe = Experts(config)
        self.residual_mlp = gated(config, config.hidden_size)
        for norm in ("input_layernorm", "post_attention_layernorm", "residual_layernorm"):
            self.add_module(norm, Norm(config.hidden_size, config.rms_norm_eps))

    def forward(self, seen, cos, sin):
        x = seen + self.self_attn(self.input_layernorm(seen), cos, sin)
        x = x + self.residual_mlp(self.residual_layernorm(x))
        return x + self.block_sparse_moe(self.post_attention_layernorm(seen))


class Arctic(Stack):
    _tied_weights_keys = {"lm_head.weight": "model.embed_tokens.weight"}
    kind = Layer


register("arctic", ArcticConfig, Arctic)

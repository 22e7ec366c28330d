"""Grok 1, as its JAX code and a port of that to PyTorch compute it, and Grok 2, as the code that it is published for does."""
import torch
from torch import nn
from transformers import PreTrainedConfig

from published.parts import Gated, Norm, Remote, causal, heads, register, rotated, routed


class GrokConfig(PreTrainedConfig):
    rope_parameters: dict | None = None
    max_position_embeddings: int = 8192
    hidden_size: int = 6144
    num_attention_heads: int = 48

    def __init__(self, **kwargs):
        values = {"vocab_size": 131072, "hidden_size": 6144, "intermediate_size": 32768, "num_hidden_layers": 64,
                  "num_attention_heads": 48, "num_key_value_heads": 8, "max_position_embeddings": 8192, "hidden_act": "gelu_new",
                  "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": True, "num_local_experts": 8,
                  "num_experts_per_tok": 2, "attn_output_multiplier": 0.08838834764831845,
                  "embedding_multiplier_scale": 78.38367176906169, "output_multiplier_scale": 0.5773502691896257, **kwargs}
        super().__init__(**values)
        self.length = self.hidden_size // self.num_attention_heads
        # Attention's scores and the router's.
        self.caps = 30.0, None

    def frequencies(self):
        return frequencies(self.length, self.rope_parameters["rope_theta"])


class Grok2Config(PreTrainedConfig):
    def __init__(self, **kwargs):
        values = {"hidden_act": "gelu_pytorch_tanh", "rope_theta": 10000, "tie_word_embeddings": False, **kwargs}
        super().__init__(**values)
        said = self.__dict__
        self.length = said.get("head_dim") or self.hidden_size // self.num_attention_heads
        self.attn_output_multiplier = self.length ** -0.5
        self.caps = said.get("attn_logit_softcapping", 30.0), said.get("router_logit_softcapping", 30.0)

    def frequencies(self):
        said = self.__dict__
        theta = said.get("rope_theta") or said["rope_parameters"]["rope_theta"]
        plain = frequencies(self.length, theta)
        return stretched(plain, self.length, theta, said) if said.get("rope_type") in ("yarn", "yarn_linear") else plain


def frequencies(length, theta):
    return theta ** -(torch.arange(0, length, 2).float() / length)


def stretched(plain, length, theta, said):
    """YaRN, whose magnitude is one."""
    pairs = [length * torch.log(torch.tensor(said["original_max_position_embeddings"] / (turns * 2 * torch.pi)))
             / (2 * torch.log(torch.tensor(float(theta)))) for turns in (said.get("beta_fast", 32), said.get("beta_slow", 1))]
    low, high = max(pairs[0].floor(), 0), min(pairs[1].ceil(), length - 1)
    ramp = ((torch.arange(length // 2) - low) / max(high - low, 0.001)).clamp(0, 1)
    kept = (1 - ramp) * said.get("extrapolation_factor", 1.0)
    return plain / said["scaling_factor"] * (1 - kept) + plain * kept


def capped(x, cap):
    return cap * torch.tanh(x / cap) if cap else x


class Attention(nn.Module):
    def __init__(self, config, names):
        super().__init__()
        hidden, self.config, self.names = config.hidden_size, config, names
        queries, keys = (count * config.length for count in (config.num_attention_heads, config.num_key_value_heads))
        for name, rows, columns in zip(names, (queries, keys, keys, hidden), (hidden, hidden, hidden, queries)):
            self.add_module(name, nn.Linear(columns, rows, bias=False))

    def forward(self, x, cos, sin):
        query, key, value, output = (getattr(self, name) for name in self.names)
        q, k, v = (heads(part(x), self.config.length) for part in (query, key, value))
        q, k = rotated(q, cos, sin), rotated(k, cos, sin)
        times = q.shape[1] // k.shape[1]
        scores = q @ k.repeat_interleave(times, 1).transpose(2, 3) * self.config.attn_output_multiplier
        scores = capped(scores, self.config.caps[0]) * self.growth(x.shape[1])[:, None]
        weights = torch.softmax(scores + causal(x.shape[1]), -1)
        return output((weights @ v.repeat_interleave(times, 1)).transpose(1, 2).flatten(2))

    def growth(self, length):
        """By how much scores of a query grow."""
        usual = getattr(self.config, "attn_temperature_len", None) or 0
        positions = torch.arange(length).float()
        if usual <= 0:
            return torch.ones(length)
        return torch.where(positions > usual, positions.clamp(min=1).log2() / torch.tensor(float(usual)).log2(), 1.0)


def weighted(config, flat, router, experts):
    """Weights of experts are not divided by their sum."""
    weights, chosen = capped(router(flat), config.caps[1]).softmax(-1).topk(config.num_experts_per_tok)
    return routed(flat, experts, chosen, weights)


class Experts(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        inner = getattr(config, "moe_intermediate_size", None) or config.intermediate_size
        self.gate = nn.Linear(config.hidden_size, config.num_local_experts, bias=False)
        self.experts = nn.ModuleList(
            Gated(config.hidden_size, inner, config.hidden_act, ("w1", "w3", "w2")) for _ in range(config.num_local_experts))

    def forward(self, flat):
        return weighted(self.config, flat, self.gate, self.experts)


class Layer1(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.multi_head_attention = Attention(config, ("query", "key", "value", "linear"))
        self.router = nn.Linear(config.hidden_size, config.num_local_experts, bias=False)
        self.moe = nn.ModuleList(
            Gated(config.hidden_size, config.intermediate_size, config.hidden_act, ("linear", "linear_v", "linear_1"))
            for _ in range(config.num_local_experts))
        for norm in ("rms_norm", "rms_norm_1", "rms_norm_2", "rms_norm_3"):
            self.add_module(norm, Norm(config.hidden_size, config.rms_norm_eps))

    def forward(self, x, cos, sin):
        x = x + self.rms_norm_1(self.multi_head_attention(self.rms_norm(x), cos, sin))
        made = weighted(self.config, self.rms_norm_2(x).flatten(0, 1), self.router, self.moe)
        return x + self.rms_norm_3(made.view_as(x))


class Layer2(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.self_attn = Attention(config, ("q_proj", "k_proj", "v_proj", "o_proj"))
        self.block_sparse_moe = Experts(config)
        if getattr(config, "residual_moe", False):
            self.mlp = Gated(config.hidden_size, config.intermediate_size, config.hidden_act)
        for norm in ("pre_attn_norm", "post_attn_norm", "pre_moe_norm", "post_moe_norm"):
            self.add_module(norm, Norm(config.hidden_size, config.rms_norm_eps))

    def forward(self, x, cos, sin):
        x = x + self.post_attn_norm(self.self_attn(self.pre_attn_norm(x), cos, sin))
        seen = self.pre_moe_norm(x).flatten(0, 1)
        made = self.block_sparse_moe(seen)
        if hasattr(self, "mlp"):
            made = (self.mlp(seen) + made) / 2 ** 0.5
        return x + self.post_moe_norm(made.view_as(x))


class Decoder(nn.Module):
    def __init__(self, config, names, layer):
        super().__init__()
        embedding, layers, norm = names
        self.add_module(embedding, nn.Embedding(config.vocab_size, config.hidden_size))
        self.add_module(layers, nn.ModuleList(layer(config) for _ in range(config.num_hidden_layers)))
        self.add_module(norm, Norm(config.hidden_size, config.rms_norm_eps))


class Grok(Remote):
    def __init__(self, config):
        super().__init__(config)
        self.add_module(self.base, Decoder(config, self.names, self.layer))
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def parts(self):
        return [getattr(getattr(self, self.base), name) for name in self.names]

    def get_input_embeddings(self):
        return self.parts()[0]

    def get_output_embeddings(self):
        return self.lm_head

    def logits(self, ids):
        embedding, layers, norm = self.parts()
        x = embedding(ids) * self.config.embedding_multiplier_scale
        angles = torch.arange(x.shape[1])[:, None] * self.config.frequencies()
        cos, sin = (torch.cat([part, part], -1)[None] for part in (angles.cos(), angles.sin()))
        for layer in layers:
            x = layer(x, cos, sin)
        found = self.lm_head(norm(x)) * self.config.output_multiplier_scale
        return capped(found, getattr(self.config, "final_logit_softcapping", None))


class Grok1(Grok):
    _tied_weights_keys = {"lm_head.weight": "transformer.in_out_embed.weight"}
    base, names, layer = "transformer", ("in_out_embed", "decoder_layer", "rms_norm"), Layer1


class Grok2(Grok):
    _tied_weights_keys = {"lm_head.weight": "model.embed_tokens.weight"}
    base, names, layer = "model", ("embed_tokens", "layers", "norm"), Layer2


register("grok", GrokConfig, Grok1)
# The model_type of an unrelated class, which config.json has.
register("git", Grok2Config, Grok2)

"""Decoders of one layer after another that differ in names, norms, positions and how queries, keys and values are stored: Baichuan 1
and 2, Orion, XVERSE, CodeShell, Refact, Jais.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F
from transformers import PreTrainedConfig
from transformers.activations import ACT2FN

from published.parts import Gated, Norm, Remote, attend, causal, heads, register, rotated


def slopes(count, most=8):
    """How fast the scores of each head fall with the distance (ALiBi)."""
    even = 2 ** math.floor(math.log2(count))
    first = [2 ** (-most / even * (i + 1)) for i in range(even)]
    return torch.tensor(first + [2 ** (-most / (2 * even) * (2 * i + 1)) for i in range(count - even)])


def falling(length, falls):
    """A mask for each head whose scores fall by so much per token of distance."""
    i = torch.arange(length)
    return causal(length) - falls[:, None, None] * (i[:, None] - i[None]).clamp(min=0)


class PlainNorm(nn.Module):
    """A layer norm without a bias."""

    def __init__(self, size, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.epsilon = epsilon

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, None, self.epsilon)


class Columns(nn.Module):
    """A matrix that is stored with its inputs outermost, as GPT-2 stores them."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return x @ self.weight + self.bias


class Plain(nn.Module):
    def __init__(self, hidden, inner, activation, kind=nn.Linear):
        super().__init__()
        self.activation = ACT2FN[activation]
        self.c_fc, self.c_proj = kind(hidden, inner), kind(inner, hidden)

    def forward(self, x):
        return self.c_proj(self.activation(self.c_fc(x)))


class Layer(nn.Module):
    """A layer whose parts have the names that the network gives them."""

    def __init__(self, names, norms, attention, network):
        super().__init__()
        self.names = names
        for name, part in zip(names, (norms[0], attention, norms[1], network)):
            self.add_module(name, part)

    def forward(self, x, *positions):
        first, attention, second, network = (getattr(self, name) for name in self.names)
        x = x + attention(first(x), *positions)
        return x + network(second(x))


LLAMA = ("input_layernorm", "self_attn", "post_attention_layernorm", "mlp")
GPT = ("ln_1", "attn", "ln_2", "mlp")


class LlamaConfig(PreTrainedConfig):
    rope_parameters: dict | None = None
    max_position_embeddings: int = 4096
    vocab_size: int = 64000
    hidden_size: int = 4096
    num_hidden_layers: int = 32
    num_attention_heads: int = 32

    def __init__(self, **kwargs):
        super().__init__(**{"hidden_act": "silu", "rms_norm_eps": 1e-6, "tie_word_embeddings": False, **kwargs})


class Attention(nn.Module):
    """Queries, keys and values each by itself, or all in one matrix of a name."""

    def __init__(self, config, fused=None):
        super().__init__()
        size, count = config.hidden_size, config.num_attention_heads
        self.length, self.fused = size // count, fused
        keys = (getattr(config, "num_key_value_heads", None) or count) * self.length
        if fused:
            self.add_module(fused, nn.Linear(size, 3 * size, bias=False))
        else:
            self.q_proj = nn.Linear(size, size, bias=False)
            self.k_proj, self.v_proj = (nn.Linear(size, keys, bias=False) for _ in "kv")
        self.o_proj = nn.Linear(size, size, bias=False)

    def forward(self, x, cos, sin, mask):
        q, k, v = getattr(self, self.fused)(x).chunk(3, -1) if self.fused else (
            self.q_proj(x), self.k_proj(x), self.v_proj(x))
        q, k, v = (heads(part, self.length) for part in (q, k, v))
        if cos is not None:
            q, k = rotated(q, cos, sin), rotated(k, cos, sin)
        return self.o_proj(attend(q, k, v, self.length ** -0.5, mask))


class LlamaLike(Remote):
    fused = None
    norm = Norm

    def __init__(self, config):
        super().__init__(config)
        size, epsilon = config.hidden_size, config.rms_norm_eps
        norm = type(self).norm
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(config.vocab_size, size)
        self.model.layers = nn.ModuleList(
            Layer(LLAMA, [norm(size, epsilon), norm(size, epsilon)], Attention(config, self.fused),
                  Gated(size, config.intermediate_size, config.hidden_act))
            for _ in range(config.num_hidden_layers))
        self.model.norm = norm(size, epsilon)
        self.lm_head = nn.Linear(size, config.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self):
        return self.model.embed_tokens

    def get_output_embeddings(self):
        return self.lm_head

    def positions(self, x):
        return (*self.rope(self.config, x), causal(x.shape[1]))

    def matrix(self):
        return self.lm_head.weight

    def logits(self, ids):
        x = self.model.embed_tokens(ids)
        positions = self.positions(x)
        for layer in self.model.layers:
            x = layer(x, *positions)
        return self.model.norm(x) @ self.matrix().T


class BaichuanConfig(LlamaConfig):
    """The class of 13B has no max_position_embeddings; that of the second version has a weight of a loss."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.falls = "max_position_embeddings" not in kwargs
        self.is_second = "z_loss_weight" in kwargs


class Baichuan(LlamaLike):
    fused = "W_pack"

    def positions(self, x):
        if self.config.falls:
            return None, None, falling(x.shape[1], slopes(self.config.num_attention_heads))
        return super().positions(x)

    def matrix(self):
        return F.normalize(self.lm_head.weight) if self.config.is_second else self.lm_head.weight


class OrionConfig(LlamaConfig):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)


class Orion(LlamaLike):
    norm = nn.LayerNorm


class XverseConfig(LlamaConfig):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)


class Xverse(LlamaLike):
    pass


class GptConfig(PreTrainedConfig):
    attribute_map = {"hidden_size": "n_embd", "num_attention_heads": "n_head", "num_hidden_layers": "n_layer",
                     "max_position_embeddings": "n_positions"}
    vocab_size: int = 50257
    n_positions: int = 1024
    n_embd: int = 768
    n_layer: int = 12
    n_head: int = 12

    def __init__(self, **kwargs):
        super().__init__(**{"n_inner": None, "layer_norm_epsilon": 1e-5, "tie_word_embeddings": True, **kwargs})


class GptLike(Remote):
    _tied_weights_keys = {"lm_head.weight": "transformer.wte.weight"}

    def __init__(self, config):
        super().__init__(config)
        size = config.n_embd
        self.transformer = nn.Module()
        self.transformer.wte = nn.Embedding(config.vocab_size, size)
        self.transformer.h = nn.ModuleList(self.layer(config) for _ in range(config.n_layer))
        self.last_norm(config)
        self.lm_head = nn.Linear(size, config.vocab_size, bias=False)
        self.post_init()

    def last_norm(self, config):
        self.transformer.ln_f = nn.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon)

    def get_input_embeddings(self):
        return self.transformer.wte

    def get_output_embeddings(self):
        return self.lm_head

    def features(self, x):
        positions = self.positions(x)
        for layer in self.transformer.h:
            x = layer(x, *positions)
        return x

    def logits(self, ids):
        return self.lm_head(self.transformer.ln_f(self.features(self.transformer.wte(ids))))


class CodeShellConfig(GptConfig):
    rope_parameters: dict | None = None

    def __init__(self, **kwargs):
        super().__init__(**{"n_positions": 8192, "activation_function": "gelu_pytorch_tanh", "num_query_groups": 8,
                            "scale_attn_weights": True, **kwargs})


class CodeShellAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.length = config.n_embd // config.n_head
        self.sizes = [config.n_embd, *[config.num_query_groups * self.length] * 2]
        self.scale = self.length ** -0.5 if config.scale_attn_weights else 1
        self.c_attn = nn.Linear(config.n_embd, sum(self.sizes))
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)

    def forward(self, x, cos, sin):
        q, k, v = (heads(part, self.length) for part in self.c_attn(x).split(self.sizes, -1))
        q, k = rotated(q, cos, sin), rotated(k, cos, sin)
        return self.c_proj(attend(q, k, v, self.scale, causal(x.shape[1])))


class CodeShell(GptLike):
    def layer(self, config):
        norms = [nn.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon) for _ in range(2)]
        return Layer(GPT, norms, CodeShellAttention(config),
                     Plain(config.n_embd, config.n_inner or 4 * config.n_embd, config.activation_function))

    def positions(self, x):
        return self.rope(self.config, x)


class RefactConfig(GptConfig):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)


class RefactAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.length = config.n_embd // config.n_head
        self.q = nn.Linear(config.n_embd, config.n_embd, bias=False)
        self.kv = nn.Linear(config.n_embd, 2 * self.length, bias=False)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd, bias=False)

    def forward(self, x):
        q, k, v = (heads(part, self.length) for part in (self.q(x), *self.kv(x).chunk(2, -1)))
        return self.c_proj(attend(q, k, v, self.length ** -0.5, falling(x.shape[1], slopes(q.shape[1]))))


class RefactNetwork(nn.Module):
    def __init__(self, config):
        super().__init__()
        inner = int(2 * (config.n_inner or 4 * config.n_embd) / 3)
        inner = 256 * ((inner + 255) // 256)
        self.gate_up_proj = nn.Linear(config.n_embd, 2 * inner, bias=False)
        self.c_proj = nn.Linear(inner, config.n_embd, bias=False)

    def forward(self, x):
        gate, up = self.gate_up_proj(x).chunk(2, -1)
        return self.c_proj(F.silu(gate) * up)


class Refact(GptLike):
    def last_norm(self, config):
        self.ln_f = PlainNorm(config.n_embd, config.layer_norm_epsilon)

    def layer(self, config):
        norms = [PlainNorm(config.n_embd, config.layer_norm_epsilon) for _ in range(2)]
        return Layer(GPT, norms, RefactAttention(config), RefactNetwork(config))

    def positions(self, x):
        return ()

    def logits(self, ids):
        return self.lm_head(self.ln_f(self.features(self.transformer.wte(ids))))


class JaisConfig(GptConfig):
    def __init__(self, **kwargs):
        super().__init__(**{"scale_attn_weights": True, "mup_scale_qk_dot_by_d": False, **kwargs})


class JaisAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.length = config.n_embd // config.n_head
        by_length = getattr(config, "scale_qk_dot_by_d", config.mup_scale_qk_dot_by_d)
        self.scale = self.length ** (-1.0 if by_length else -0.5) if config.scale_attn_weights else 1
        self.c_attn = Columns(config.n_embd, 3 * config.n_embd)
        self.c_proj = Columns(config.n_embd, config.n_embd)

    def forward(self, x):
        q, k, v = (heads(part, self.length) for part in self.c_attn(x).chunk(3, -1))
        return self.c_proj(attend(q, k, v, self.scale, falling(x.shape[1], slopes(q.shape[1]))))


class JaisNetwork(Plain):
    def __init__(self, config):
        inner = config.n_inner or 4 * config.n_embd
        super().__init__(config.n_embd, inner, "silu", Columns)
        self.c_fc2 = Columns(config.n_embd, inner)

    def forward(self, x):
        return self.c_proj(self.c_fc(x) * self.activation(self.c_fc2(x)))


class Jais(GptLike):
    def layer(self, config):
        norms = [nn.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon) for _ in range(2)]
        return Layer(GPT, norms, JaisAttention(config), JaisNetwork(config))

    def positions(self, x):
        return ()

    def logits(self, ids):
        config = self.config
        scale = getattr(config, "embeddings_scale", None) or config.mup_embeddings_scale
        width = getattr(config, "width_scale", None) or config.mup_output_alpha * config.mup_width_scale
        x = self.features(self.transformer.wte(ids) * scale)
        return self.lm_head(self.transformer.ln_f(x)) * width


register("baichuan", BaichuanConfig, Baichuan)
register("orion", OrionConfig, Orion)
register("xverse", XverseConfig, Xverse)
register("codeshell", CodeShellConfig, CodeShell)
register("gpt_refact", RefactConfig, Refact)
register("jais", JaisConfig, Jais)

"""Llama's network with other names or places of norms: KORMo and Maincoder; with layers that
are passed several times: Nanbeige 4.2; and the text part of Sarashina 2 Vision.
"""
import torch
from torch import nn
from transformers import LlamaConfig as TextConfig, LlamaForCausalLM, PreTrainedConfig

from published.decoders import LLAMA, Layer, LlamaConfig
from published.parts import Gated, Norm, Remote, attend, causal, heads, register, rotated


class CousinConfig(LlamaConfig):
    num_key_value_heads: int | None = None
    head_dim: int | None = None

    def __init__(self, **kwargs):
        super().__init__(**{"attention_bias": False, **kwargs})


def neighbours(x, cos, sin):
    """Heads whose neighbouring values turn together."""
    cos, sin = (part[:, None, :, : part.shape[-1] // 2] for part in (cos, sin))
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


class Attention(nn.Module):
    """Queries and keys are normed after they are turned, where they are normed."""

    def __init__(self, config, is_normed):
        super().__init__()
        size, count = config.hidden_size, config.num_attention_heads
        self.length = config.head_dim or size // count
        keys = (config.num_key_value_heads or count) * self.length
        bias = config.attention_bias
        self.q_proj = nn.Linear(size, count * self.length, bias=bias)
        self.k_proj, self.v_proj = (nn.Linear(size, keys, bias=bias) for _ in "kv")
        self.o_proj = nn.Linear(count * self.length, size, bias=bias)
        self.is_normed = is_normed
        if is_normed:
            self.q_norm, self.k_norm = (Norm(self.length, config.rms_norm_eps) for _ in "qk")

    def forward(self, x, cos, sin, mask):
        q, k, v = (heads(part(x), self.length) for part in (self.q_proj, self.k_proj, self.v_proj))
        if self.is_normed:
            q, k = self.q_norm(neighbours(q, cos, sin)), self.k_norm(neighbours(k, cos, sin))
        else:
            q, k = rotated(q, cos, sin), rotated(k, cos, sin)
        return self.o_proj(attend(q, k, v, self.length ** -0.5, mask))


class Cousin(Remote):
    names, is_normed = LLAMA, False

    def __init__(self, config):
        super().__init__(config)
        size, epsilon = config.hidden_size, config.rms_norm_eps
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(config.vocab_size, size)
        self.model.layers = nn.ModuleList(
            Layer(self.names, [Norm(size, epsilon), Norm(size, epsilon)], Attention(config, self.is_normed),
                  Gated(size, config.intermediate_size, config.hidden_act))
            for _ in range(config.num_hidden_layers))
        self.model.norm = Norm(size, epsilon)
        self.lm_head = nn.Linear(size, config.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self):
        return self.model.embed_tokens

    def get_output_embeddings(self):
        return self.lm_head

    def logits(self, ids):
        x = self.model.embed_tokens(ids)
        positions = (*self.rope(self.config, x), causal(x.shape[1]))
        for layer in self.model.layers:
            x = layer(x, *positions)
        return self.lm_head(self.model.norm(x))


class KormoConfig(CousinConfig):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)


class KORMoForCausalLM(Cousin):
    names = ("pre_attention_layernorm", "self_attn", "pre_mlp_layernorm", "mlp")


class MaincoderConfig(CousinConfig):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)


class MaincoderForCausalLM(Cousin):
    is_normed = True
    _tied_weights_keys = {"lm_head.weight": "model.embed_tokens.weight"}


class NanbeigeConfig(CousinConfig):
    num_loops: int | None = 1
    skip_loop_final_norm: bool = False

    def __init__(self, **kwargs):
        super().__init__(**kwargs)


class NanbeigeForCausalLM(Cousin):
    def logits(self, ids):
        x = self.model.embed_tokens(ids)
        positions = (*self.rope(self.config, x), causal(x.shape[1]))
        loops = self.config.num_loops or 1
        for loop in range(loops):
            for layer in self.model.layers:
                x = layer(x, *positions)
            if loop + 1 == loops or not self.config.skip_loop_final_norm:
                x = self.model.norm(x)
        return self.lm_head(x)


register("nanbeige", NanbeigeConfig, NanbeigeForCausalLM)
register("kormo", KormoConfig, KORMoForCausalLM)
register("maincoder", MaincoderConfig, MaincoderForCausalLM)


class Sarashina2VisionConfig(PreTrainedConfig):
    sub_configs = {"text_config": TextConfig}

    def __init__(self, text_config=None, vision_config=None, **kwargs):
        self.text_config = TextConfig(**(text_config or {}))
        super().__init__(**kwargs)


class Sarashina2VisionForCausalLM(Remote):
    """Without what it sees, which is more than its text needs."""

    def __init__(self, config):
        super().__init__(config)
        self.llm = LlamaForCausalLM(config.text_config)
        self.post_init()

    def get_input_embeddings(self):
        return self.llm.get_input_embeddings()

    def logits(self, ids):
        return self.llm(input_ids=ids).logits


register("sarashina2_vision", Sarashina2VisionConfig, Sarashina2VisionForCausalLM)

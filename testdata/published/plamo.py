"""PLaMo 1: attention and feed-forward network side by side after one norm; heads of queries take those of keys in turns."""
import torch
from torch import nn
from transformers import PreTrainedConfig

from published.parts import Gated, Norm, Remote, attend, causal, heads, register, rotated


class PlamoConfig(PreTrainedConfig):
    def __init__(self, **kwargs):
        values = {"vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 13312, "num_hidden_layers": 32,
                  "num_attention_heads": 32, "max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "n_shared_head": 8,
                  "tie_word_embeddings": False, **kwargs}
        super().__init__(**values)


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden, self.count = config.hidden_size, config.num_attention_heads
        self.length = hidden // self.count
        keys = -(-self.count // config.n_shared_head) * self.length
        self.q_proj = nn.Linear(hidden, hidden, bias=False)
        self.k_proj = nn.Linear(hidden, keys, bias=False)
        self.v_proj = nn.Linear(hidden, keys, bias=False)
        self.o_proj = nn.Linear(hidden, hidden, bias=False)

    def forward(self, x, cos, sin):
        q, k, v = (heads(part(x), self.length) for part in (self.q_proj, self.k_proj, self.v_proj))
        taken = torch.arange(self.count) % k.shape[1]
        q, k = rotated(q, cos, sin), rotated(k, cos, sin)
        return self.o_proj(attend(q, k[:, taken], v[:, taken], self.length ** -0.5, causal(x.shape[1])))


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.self_attn = Attention(config)
        self.mlp = Gated(config.hidden_size, config.intermediate_size, "silu")
        self.norm = Norm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x, cos, sin):
        seen = self.norm(x)
        return x + self.self_attn(seen, cos, sin) + self.mlp(seen)


class Layers(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))


class Decoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = Layers(config)
        self.norm = Norm(config.hidden_size, config.rms_norm_eps)


class Plamo(Remote):
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
        length = self.config.hidden_size // self.config.num_attention_heads
        angles = torch.arange(x.shape[1])[:, None] * 10000 ** -(torch.arange(0, length, 2).float() / length)
        cos, sin = (torch.cat([part, part], -1)[None] for part in (angles.cos(), angles.sin()))
        for layer in self.model.layers.layers:
            x = layer(x, cos, sin)
        return self.lm_head(self.model.norm(x))


register("plamo", PlamoConfig, Plamo)

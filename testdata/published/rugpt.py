"""ruGPT-3 XL: learned positions; on some layers each head sees the blocks near a query, and a few of each window before."""
import torch
from torch import nn
from transformers import PreTrainedConfig
from transformers.activations import ACT2FN

from published.parts import Remote, attend, causal, heads, register


class RuGptConfig(PreTrainedConfig):
    vocab_size: int = 50264
    hidden_size: int = 2048
    num_hidden_layers: int = 24
    num_attention_heads: int = 16
    max_position_embeddings: int = 2048

    def __init__(self, **kwargs):
        super().__init__(**{
            "intermediate_size": 8192, "hidden_act": "gelu_new", "layer_norm_eps": 1e-5, "tie_word_embeddings": False,
            "sparse_mode": "none", "sparse_block_size": 16, "sparse_num_local_blocks": 8, "sparse_num_global_blocks": 1,
            "sparse_num_different_global_patterns": 8, **kwargs})


def layout(config):
    """Which blocks see which, (heads, blocks, blocks)."""
    count = config.max_position_embeddings // config.sparse_block_size
    near, far = config.sparse_num_local_blocks, config.sparse_num_global_blocks
    seen = torch.zeros(config.num_attention_heads, count, count, dtype=torch.bool)
    for start in range(0, count, near):
        seen[:, start:start + near, start:start + near] = True
    whole = count - count % near
    for head in range(config.num_attention_heads):
        first = near - (1 + head % config.sparse_num_different_global_patterns) * far
        for start in range(first, whole, near):
            seen[head, start:, start:start + far] = True
        if whole < count:
            start = min(whole + first, count - far)
            seen[head, start:, start:start + far] = True
    return seen


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        size = config.hidden_size
        self.length = size // config.num_attention_heads
        self.q_proj, self.k_proj, self.v_proj, self.o_proj = (nn.Linear(size, size) for _ in range(4))

    def forward(self, x, mask):
        q, k, v = (heads(part(x), self.length) for part in (self.q_proj, self.k_proj, self.v_proj))
        return self.o_proj(attend(q, k, v, self.length ** -0.5, mask))


class Network(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size)
        self.activation = ACT2FN[config.hidden_act]

    def forward(self, x):
        return self.down_proj(self.activation(self.up_proj(x)))


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.input_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.mlp = Network(config)

    def forward(self, x, mask):
        x = x + self.self_attn(self.input_layernorm(x), mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class RuGpt(Remote):
    _tied_weights_keys = {"lm_head.weight": "model.embed_tokens.weight"}

    def __init__(self, config):
        super().__init__(config)
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.model.embed_positions = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.model.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.model.norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self):
        return self.model.embed_tokens

    def get_output_embeddings(self):
        return self.lm_head

    def logits(self, ids):
        config, length = self.config, ids.shape[1]
        positions = torch.arange(length)
        x = self.model.embed_tokens(ids) + self.model.embed_positions(positions)
        dense = causal(length)
        blocks = (positions // config.sparse_block_size).clamp(max=config.max_position_embeddings // config.sparse_block_size - 1)
        seen = layout(config)[:, blocks][:, :, blocks]
        sparse = dense.masked_fill(~seen, torch.finfo(torch.float32).min)
        for i, layer in enumerate(self.model.layers):
            is_sparse = config.sparse_mode == "all" or config.sparse_mode == "alternating" and i % 2 == 0
            x = layer(x, sparse if is_sparse else dense)
        return self.lm_head(self.model.norm(x))


register("rugpt3xl", RuGptConfig, RuGpt)

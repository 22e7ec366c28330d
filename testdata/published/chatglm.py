"""ChatGLM 2 and 3, and GLM 4 of 2024 with its own code: Llama's network with queries, keys and values in one matrix, gate and up
in another, and neighbours rotated in the first half of each head.
"""
import torch
from torch import nn
from torch.nn import functional as F
from transformers import PreTrainedConfig

from published.parts import Norm, Remote, attend, causal, heads, register


class ChatGlmConfig(PreTrainedConfig):
    attribute_map = {"num_hidden_layers": "num_layers", "vocab_size": "padded_vocab_size"}

    def __init__(self, **kwargs):
        super().__init__(**{
            "num_layers": 28, "padded_vocab_size": 65024, "hidden_size": 4096, "ffn_hidden_size": 13696, "kv_channels": 128,
            "num_attention_heads": 32, "layernorm_epsilon": 1e-5, "add_qkv_bias": False, "multi_query_group_num": 1,
            "rope_ratio": 1, "tie_word_embeddings": False, **kwargs})


def turned(x, base):
    """Heads (batch, heads, tokens, values) with neighbours rotated in their first halves."""
    count = x.shape[-1] // 2
    speeds = 1.0 / base ** (torch.arange(0, count, 2).float() / count)
    angles = torch.outer(torch.arange(x.shape[2]).float(), speeds)
    even, odd = x[..., 0:count:2], x[..., 1:count:2]
    pairs = torch.stack((even * angles.cos() - odd * angles.sin(), odd * angles.cos() + even * angles.sin()), -1)
    return torch.cat((pairs.flatten(-2), x[..., count:]), -1)


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.length, self.base = config.kv_channels, 10000 * config.rope_ratio
        self.sizes = [count * self.length for count in (config.num_attention_heads, *[config.multi_query_group_num] * 2)]
        self.query_key_value = nn.Linear(config.hidden_size, sum(self.sizes), bias=config.add_qkv_bias)
        self.dense = nn.Linear(self.sizes[0], config.hidden_size, bias=False)

    def forward(self, x):
        q, k, v = (heads(part, self.length) for part in self.query_key_value(x).split(self.sizes, -1))
        q, k = turned(q, self.base), turned(k, self.base)
        return self.dense(attend(q, k, v, self.length ** -0.5, causal(x.shape[1])))


class Network(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.dense_h_to_4h = nn.Linear(config.hidden_size, 2 * config.ffn_hidden_size, bias=False)
        self.dense_4h_to_h = nn.Linear(config.ffn_hidden_size, config.hidden_size, bias=False)

    def forward(self, x):
        gate, up = self.dense_h_to_4h(x).chunk(2, -1)
        return self.dense_4h_to_h(F.silu(gate) * up)


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.input_layernorm = Norm(config.hidden_size, config.layernorm_epsilon)
        self.self_attention = Attention(config)
        self.post_attention_layernorm = Norm(config.hidden_size, config.layernorm_epsilon)
        self.mlp = Network(config)

    def forward(self, x):
        x = x + self.self_attention(self.input_layernorm(x))
        return x + self.mlp(self.post_attention_layernorm(x))


class ChatGlm(Remote):
    def __init__(self, config):
        super().__init__(config)
        self.transformer = nn.Module()
        self.transformer.embedding = nn.Module()
        self.transformer.embedding.word_embeddings = nn.Embedding(config.padded_vocab_size, config.hidden_size)
        self.transformer.encoder = nn.Module()
        self.transformer.encoder.layers = nn.ModuleList(Layer(config) for _ in range(config.num_layers))
        self.transformer.encoder.final_layernorm = Norm(config.hidden_size, config.layernorm_epsilon)
        self.transformer.output_layer = nn.Linear(config.hidden_size, config.padded_vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self):
        return self.transformer.embedding.word_embeddings

    def logits(self, ids):
        x = self.transformer.embedding.word_embeddings(ids)
        for layer in self.transformer.encoder.layers:
            x = layer(x)
        return self.transformer.output_layer(self.transformer.encoder.final_layernorm(x))


register("chatglm", ChatGlmConfig, ChatGlm)

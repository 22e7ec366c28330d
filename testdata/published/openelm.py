"""OpenELM: each layer has numbers of heads and a width of its own."""
import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel
from transformers.activations import ACT2FN
from transformers.modeling_outputs import CausalLMOutputWithPast


class OpenELMConfig(PreTrainedConfig):
    model_type = "openelm"
    attribute_map = {"num_hidden_layers": "num_transformer_layers", "hidden_size": "model_dim"}
    tie_word_embeddings: bool = True
    model_dim: int = 1
    vocab_size: int = 32000
    num_transformer_layers: int = 1


class Norm(torch.nn.Module):
    def __init__(self, features):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(features))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.weight


def rotated(x, base):
    half = x.shape[-1] // 2
    angles = torch.arange(x.shape[-2])[:, None] * base ** (-torch.arange(half) / half)[None]
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * angles.cos() - second * angles.sin(), second * angles.cos() + first * angles.sin()], -1)


class Attention(torch.nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.heads, self.keys = config.num_query_heads[layer], config.num_kv_heads[layer]
        self.length, self.base = config.head_dim, config.rope_freq_constant
        self.qkv_proj = torch.nn.Linear(config.model_dim, (self.heads + 2 * self.keys) * self.length, bias=False)
        self.q_norm, self.k_norm = Norm(self.length), Norm(self.length)
        self.out_proj = torch.nn.Linear(self.heads * self.length, config.model_dim, bias=False)

    def forward(self, x):
        heads = self.qkv_proj(x).unflatten(-1, (-1, self.length)).transpose(1, 2)
        q, k, v = heads.split([self.heads, self.keys, self.keys], dim=1)
        q, k = rotated(self.q_norm(q), self.base), rotated(self.k_norm(k), self.base)
        k, v = (t.repeat_interleave(self.heads // self.keys, 1) for t in (k, v))
        scores = q @ k.transpose(-1, -2) * self.length**-0.5
        scores = scores + torch.full_like(scores, float("-inf")).triu(1)
        return self.out_proj((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


class Network(torch.nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        wanted, divisor = config.ffn_multipliers[layer] * config.model_dim, config.ffn_dim_divisor
        inner = max(divisor, int(wanted + divisor / 2) // divisor * divisor)
        inner += divisor * (inner < 0.9 * wanted)
        self.proj_1 = torch.nn.Linear(config.model_dim, 2 * inner, bias=False)
        self.proj_2 = torch.nn.Linear(inner, config.model_dim, bias=False)
        self.activation = ACT2FN[config.activation_fn_name]

    def forward(self, x):
        gate, up = self.proj_1(x).chunk(2, -1)
        return self.proj_2(self.activation(gate) * up)


class Layer(torch.nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.attn, self.ffn = Attention(config, layer), Network(config, layer)
        self.attn_norm, self.ffn_norm = Norm(config.model_dim), Norm(config.model_dim)

    def forward(self, x):
        x = x + self.attn(self.attn_norm(x))
        return x + self.ffn(self.ffn_norm(x))


class OpenELMForCausalLM(PreTrainedModel):
    config_class = OpenELMConfig

    def __init__(self, config):
        super().__init__(config)
        self.transformer = torch.nn.Module()
        self.transformer.token_embeddings = torch.nn.Embedding(config.vocab_size, config.model_dim)
        self.transformer.layers = torch.nn.ModuleList(
            Layer(config, i) for i in range(config.num_transformer_layers))
        self.transformer.norm = Norm(config.model_dim)
        self.post_init()

    def _init_weights(self, module):
        pass

    def forward(self, input_ids, logits_to_keep=0, **options):
        x = self.transformer.token_embeddings(input_ids)
        for layer in self.transformer.layers:
            x = layer(x)
        x = self.transformer.norm(x)[:, -logits_to_keep:]
        return CausalLMOutputWithPast(logits=x @ self.transformer.token_embeddings.weight.T)


AutoConfig.register("openelm", OpenELMConfig)
AutoModelForCausalLM.register(OpenELMConfig, OpenELMForCausalLM)

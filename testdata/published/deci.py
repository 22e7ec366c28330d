"""DeciLM and the Nemotrons made of Llama: each layer has its own number of key heads and its own width; a matrix may stand for
attention, and a part may be missing.
"""
from torch import nn

from published.llama_cousins import Attention, CousinConfig
from published.parts import Gated, Norm, Remote, causal, register


class DeciConfig(CousinConfig):
    def __init__(self, block_configs=None, num_key_value_heads_per_layer=None, **kwargs):
        self.block_configs = block_configs
        self.num_key_value_heads_per_layer = num_key_value_heads_per_layer
        super().__init__(**kwargs)


class NasConfig(DeciConfig):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)


class One(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.linear_attn = nn.Linear(size, size, bias=False)

    def forward(self, x, *positions):
        return self.linear_attn(x)


class DeciLayer(nn.Module):
    def __init__(self, config, index):
        super().__init__()
        size, heads = config.hidden_size, config.num_attention_heads
        keys, inner, is_linear = config.num_key_value_heads, config.intermediate_size, False
        if config.num_key_value_heads_per_layer:
            keys = config.num_key_value_heads_per_layer[index]
        if config.block_configs:
            block = config.block_configs[index]
            group, times = block["attention"]["n_heads_in_group"], block["ffn"]["ffn_mult"]
            is_linear = block["attention"]["replace_with_linear"]
            keys = heads // group if group else 0
            inner = -(-int(2 * times * size / 3) // 256) * 256 if times is not None else 0
        norm = lambda: Norm(size, config.rms_norm_eps)
        self.input_layernorm = norm() if keys or is_linear else None
        self.self_attn = None
        if keys:
            count, config.num_key_value_heads = config.num_key_value_heads, keys
            self.self_attn = Attention(config, False)
            config.num_key_value_heads = count
        elif is_linear:
            self.self_attn = One(size)
        self.post_attention_layernorm = norm() if inner else None
        self.mlp = Gated(size, inner, config.hidden_act) if inner else None

    def forward(self, x, *positions):
        if self.self_attn is not None:
            x = x + self.self_attn(self.input_layernorm(x), *positions)
        return x + self.mlp(self.post_attention_layernorm(x)) if self.mlp is not None else x


class DeciLMForCausalLM(Remote):
    def __init__(self, config):
        super().__init__(config)
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.model.layers = nn.ModuleList(DeciLayer(config, i) for i in range(config.num_hidden_layers))
        self.model.norm = Norm(config.hidden_size, config.rms_norm_eps)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
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


class DeciNas(DeciLMForCausalLM):
    pass


register("deci", DeciConfig, DeciLMForCausalLM)
register("nemotron-nas", NasConfig, DeciNas)

"""PLaMo 3: norms before and after each part of a layer, stored as differences; a window on all layers but every n-th."""
import torch
from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding


class Plamo3Config(PreTrainedConfig):
    model_type = "plamo3"
    tie_word_embeddings: bool = True
    vocab_size: int = 1
    hidden_size: int = 1
    num_hidden_layers: int = 1
    window_size: int = 128
    sliding_window_pattern: int = 8
    rope_theta: float = 150000
    rope_local_theta: float = 10000
    rope_scaling_factor: float = 1
    initial_context_length: int | None = None
    head_dim: int = 128
    rms_norm_eps: float = 1e-6


class Norm(torch.nn.Module):
    def __init__(self, features, offset, epsilon):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(features))
        self.offset, self.epsilon = offset, epsilon

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * (self.offset + self.weight)


def rotated(x, rotary):
    cos, sin = rotary(x, torch.arange(x.shape[-2])[None])
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin


def rotary_of(config, is_local):
    """Layers with a window are never scaled."""
    parameters = {"rope_type": "default", "rope_theta": config.rope_local_theta if is_local else config.rope_theta}
    if not is_local and config.rope_scaling_factor != 1:
        parameters |= {"rope_type": "yarn", "factor": config.rope_scaling_factor, "beta_fast": 32.0, "beta_slow": 1.0,
                       "original_max_position_embeddings": config.initial_context_length, "truncate": False}
    return LlamaRotaryEmbedding(LlamaConfig(head_dim=config.head_dim, rope_parameters=parameters))


class Mixer(torch.nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.heads, self.keys, self.length = config.num_attention_heads, config.num_key_value_heads, config.head_dim
        is_local = (layer + 1) % config.sliding_window_pattern != 0
        self.window = config.window_size if is_local else None
        self.config = config
        features = (self.heads + 2 * self.keys) * self.length
        self.qkv_proj = torch.nn.Linear(config.hidden_size, features, bias=False)
        self.o_proj = torch.nn.Linear(self.heads * self.length, config.hidden_size, bias=False)
        self.q_norm, self.k_norm = (Norm(self.length, 1, config.rms_norm_eps) for _ in "qk")

    def forward(self, x):
        heads = self.qkv_proj(x).unflatten(-1, (-1, self.length)).transpose(1, 2)
        q, k, v = heads.split([self.heads, self.keys, self.keys], dim=1)
        rotary = rotary_of(self.config, self.window is not None)
        q, k = rotated(self.q_norm(q), rotary), rotated(self.k_norm(k), rotary)
        k, v = (t.repeat_interleave(self.heads // self.keys, 1) for t in (k, v))
        scores = q @ k.transpose(-1, -2) * self.length**-0.5
        unseen = torch.ones_like(scores, dtype=torch.bool).triu(1)
        if self.window is not None:
            unseen |= torch.ones_like(unseen).tril(-self.window)
        scores = scores.masked_fill(unseen, float("-inf"))
        return self.o_proj((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


class Network(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.gate_up_proj = torch.nn.Linear(config.hidden_size, 2 * config.intermediate_size, bias=False)
        self.down_proj = torch.nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x):
        gate, up = self.gate_up_proj(x).chunk(2, -1)
        return self.down_proj(torch.nn.functional.silu(gate) * up)


class Layer(torch.nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.mixer, self.mlp = Mixer(config, layer), Network(config)
        hidden, epsilon = config.hidden_size, config.rms_norm_eps
        self.pre_mixer_norm, self.pre_mlp_norm = (Norm(hidden, 1, epsilon) for _ in range(2))
        self.post_mixer_norm = Norm(hidden, 1 / 5, epsilon)
        self.post_mlp_norm = Norm(hidden, 1 / 5**1.5, epsilon)

    def forward(self, x):
        x = x + self.post_mixer_norm(self.mixer(self.pre_mixer_norm(x)))
        return x + self.post_mlp_norm(self.mlp(self.pre_mlp_norm(x)))


class Plamo3ForCausalLM(PreTrainedModel):
    config_class = Plamo3Config
    _tied_weights_keys = {"lm_head.weight": "model.embed_tokens.weight"}

    def __init__(self, config):
        super().__init__(config)
        self.model = torch.nn.Module()
        self.model.embed_tokens = torch.nn.Embedding(config.vocab_size, config.hidden_size)
        self.model.layers = torch.nn.Module()
        self.model.layers.layers = torch.nn.ModuleList(Layer(config, i) for i in range(config.num_hidden_layers))
        self.model.norm = Norm(config.hidden_size, 1, config.rms_norm_eps)
        self.lm_head = torch.nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def _init_weights(self, module):
        pass

    def get_input_embeddings(self):
        return self.model.embed_tokens

    def get_output_embeddings(self):
        return self.lm_head

    def forward(self, input_ids, logits_to_keep=0, **options):
        x = self.model.embed_tokens(input_ids)
        for layer in self.model.layers.layers:
            x = layer(x)
        return CausalLMOutputWithPast(logits=self.lm_head(self.model.norm(x)[:, -logits_to_keep:]))


AutoConfig.register("plamo3", Plamo3Config)
AutoModelForCausalLM.register(Plamo3Config, Plamo3ForCausalLM)

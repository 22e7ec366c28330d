"""PLaMo 2: state spaces and, every n-th layer, attention to a window; norms as those of PLaMo 3."""
import torch
from torch import nn
from torch.nn import functional
from transformers import LlamaConfig, PreTrainedConfig
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

from .parts import Remote, attend, causal, heads, register
from .plamo3 import Network, Norm, rotated


class Plamo2Config(PreTrainedConfig):
    model_type = "plamo2"
    tie_word_embeddings: bool = True
    vocab_size: int = 32000
    hidden_size: int = 4096
    intermediate_size: int = 13312
    num_hidden_layers: int = 32
    num_attention_heads: int = 32
    num_key_value_heads: int = 4
    hidden_size_per_head: int = 128
    rms_norm_eps: float = 1e-6
    rope_theta: float = 10000
    rope_local_theta: float = 10000
    attention_window_size: int = 2048
    full_attention_idx: list | None = None
    mamba_enabled: bool = True
    mamba_step: int = 2
    mamba_d_state: int = 64
    mamba_d_conv: int = 4
    mamba_num_heads: int = 64


def normed(x, epsilon):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon)


class Attention(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.count, self.keys, self.length = config.num_attention_heads, config.num_key_value_heads, config.hidden_size_per_head
        whole = layer in (config.full_attention_idx or [])
        # Tokens before the query's own, and that one.
        self.window = None if whole else config.attention_window_size + 1
        self.base = config.rope_theta if whole else config.rope_local_theta
        self.qkv_proj = nn.Linear(config.hidden_size, (self.count + 2 * self.keys) * self.length, bias=False)
        self.o_proj = nn.Linear(self.count * self.length, config.hidden_size, bias=False)
        self.q_weight = nn.Parameter(torch.ones(self.count, self.length))
        self.k_weight = nn.Parameter(torch.ones(self.keys, self.length))

    def forward(self, x):
        q, k, v = heads(self.qkv_proj(x), self.length).split([self.count, self.keys, self.keys], 1)
        rotary = LlamaRotaryEmbedding(LlamaConfig(
            head_dim=self.length, rope_parameters={"rope_type": "default", "rope_theta": self.base}))
        q, k = (rotated(normed(t, 1e-6) * w[:, None], rotary) for t, w in ((q, self.q_weight), (k, self.k_weight)))
        return self.o_proj(attend(q, k, v, self.length**-0.5, causal(x.shape[1], self.window)))


class Mamba(nn.Module):
    def __init__(self, config):
        super().__init__()
        count, length, state, hidden = config.mamba_num_heads, config.hidden_size_per_head, config.mamba_d_state, config.hidden_size
        inner, steps = count * length, max(64, hidden // 16)
        self.length, self.sizes, self.epsilon = length, [state, state, steps], config.rms_norm_eps
        self.in_proj = nn.Linear(hidden, 2 * inner, bias=False)
        self.conv1d = nn.Conv1d(inner, inner, config.mamba_d_conv, groups=inner, padding=config.mamba_d_conv - 1, bias=False)
        self.bcdt_proj = nn.Linear(inner, steps + 2 * state, bias=False)
        self.dt_proj = nn.Linear(steps, count, bias=False)
        self.out_proj = nn.Linear(inner, hidden, bias=False)
        self.dt_bias, self.A_log, self.D = (nn.Parameter(torch.ones(count)) for _ in range(3))
        self.dt_norm_weight = nn.Parameter(torch.ones(steps))
        self.B_norm_weight, self.C_norm_weight = (nn.Parameter(torch.ones(state)) for _ in "BC")

    def forward(self, x):
        tokens = x.shape[1]
        # In turns: the gate of a head, then its input.
        gate, x = self.in_proj(x).unflatten(-1, (-1, 2, self.length)).unbind(3)
        x = functional.silu(self.conv1d(x.flatten(2).transpose(1, 2))[..., :tokens].transpose(1, 2))
        b, c, step = self.bcdt_proj(x).split(self.sizes, -1)
        b = normed(b, self.epsilon) * self.B_norm_weight
        c = normed(c, self.epsilon) * self.C_norm_weight
        step = self.dt_proj(normed(step, self.epsilon) * self.dt_norm_weight)
        step = functional.softplus(step + self.dt_bias)
        left = torch.exp(-torch.exp(self.A_log) * step)
        x = x.unflatten(-1, (-1, self.length))
        state, read = 0, []
        for i in range(tokens):
            written = (step[:, i, :, None] * x[:, i])[..., None] * b[:, i, None, None]
            state = left[:, i, :, None, None] * state + written
            read.append((state * c[:, i, None, None]).sum(-1))
        y = torch.stack(read, 1) + x * self.D[:, None]
        return self.out_proj((y * functional.silu(gate)).flatten(2))


def is_mamba(config, layer):
    step, layers = config.mamba_step, config.num_hidden_layers
    if not config.mamba_enabled:
        return False
    return layer != layers - 1 if layers <= step // 2 else layer % step != step // 2


class Layer(nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.mixer = Mamba(config) if is_mamba(config, layer) else Attention(config, layer)
        self.mlp = Network(config)
        for name, offset in {"pre_mixer": 1, "post_mixer": 1 / 5, "pre_mlp": 1, "post_mlp": 1 / 5**1.5}.items():
            self.add_module(name + "_norm", Norm(config.hidden_size, offset, config.rms_norm_eps))

    def forward(self, x):
        x = x + self.post_mixer_norm(self.mixer(self.pre_mixer_norm(x)))
        return x + self.post_mlp_norm(self.mlp(self.pre_mlp_norm(x)))


class Plamo2ForCausalLM(Remote):
    config_class = Plamo2Config
    _tied_weights_keys = {"lm_head.weight": "model.embed_tokens.weight"}

    def __init__(self, config):
        super().__init__(config)
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.model.layers = nn.Module()
        self.model.layers.layers = nn.ModuleList(Layer(config, i) for i in range(config.num_hidden_layers))
        self.model.norm = Norm(config.hidden_size, 1, config.rms_norm_eps)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self):
        return self.model.embed_tokens

    def get_output_embeddings(self):
        return self.lm_head

    def logits(self, ids):
        x = self.model.embed_tokens(ids)
        for layer in self.model.layers.layers:
            x = layer(x)
        return self.lm_head(self.model.norm(x))


register("plamo2", Plamo2Config, Plamo2ForCausalLM)

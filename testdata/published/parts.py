"""Parts that the networks of this package share."""
import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel
from transformers.activations import ACT2FN
from transformers.models.glm4_moe.modeling_glm4_moe import Glm4MoeRotaryEmbedding, rotate_half
from transformers.modeling_outputs import CausalLMOutput


class Norm(nn.Module):
    """RMS norm."""

    def __init__(self, size, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.epsilon = epsilon

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weight


class Gated(nn.Module):
    """A gated feed-forward network."""

    names = ("gate_proj", "up_proj", "down_proj")

    def __init__(self, hidden, inner, activation, names=names):
        super().__init__()
        self.names, self.activation = names, ACT2FN[activation]
        for name, (rows, columns) in zip(names, [(inner, hidden), (inner, hidden), (hidden, inner)]):
            self.add_module(name, nn.Linear(columns, rows, bias=False))

    def forward(self, x):
        gate, up, down = (getattr(self, name) for name in self.names)
        return down(self.activation(gate(x)) * up(x))


def rotated(x, cos, sin):
    """Heads (batch, heads, tokens, values) whose first values turn with those half of them apart."""
    count = cos.shape[-1]
    turned = x[..., :count] * cos[:, None] + rotate_half(x[..., :count]) * sin[:, None]
    return torch.cat([turned, x[..., count:]], -1)


def causal(length, window=None):
    """What is added to scores (tokens, tokens)."""
    i = torch.arange(length)
    seen = i[None] <= i[:, None]
    if window is not None:
        seen &= i[None] > i[:, None] - window
    return torch.where(seen, 0.0, torch.finfo(torch.float32).min)


def attend(q, k, v, scale, mask, cap=None):
    """Heads of queries may share those of keys; the result is (batch, tokens, features)."""
    times = q.shape[1] // k.shape[1]
    k, v = k.repeat_interleave(times, 1), v.repeat_interleave(times, 1)
    scores = q @ k.transpose(2, 3) * scale
    if cap:
        scores = cap * torch.tanh(scores / cap)
    weights = torch.softmax(scores + mask, -1)
    return (weights @ v).transpose(1, 2).flatten(2)


def heads(x, length):
    return x.unflatten(-1, (-1, length)).transpose(1, 2)


def routed(x, experts, chosen, weights):
    """The sum of what the chosen experts make of each token, weighted."""
    out = torch.zeros_like(x)
    for i, expert in enumerate(experts):
        token, place = torch.where(chosen == i)
        if len(token):
            out.index_add_(0, token, expert(x[token]) * weights[token, place, None])
    return out


class Remote(PreTrainedModel):
    """A model whose forward pass gives logits."""

    _tied_weights_keys = {}
    _supports_attention_backend = True
    _supports_sdpa = True

    def forward(self, input_ids, logits_to_keep=0, **kwargs):
        return CausalLMOutput(logits=self.logits(input_ids)[:, -logits_to_keep:])

    def rope(self, config, x):
        return Glm4MoeRotaryEmbedding(config)(x, torch.arange(x.shape[1])[None])

    def _init_weights(self, module):
        pass


class Separate(nn.Module):
    """Attention whose queries, keys and values have matrices of their own."""

    def __init__(self, hidden, queries, keys, length, window=None, turns=True):
        super().__init__()
        self.length, self.window, self.turns = length, window, turns
        self.q_proj = nn.Linear(hidden, queries, bias=False)
        self.k_proj = nn.Linear(hidden, keys, bias=False)
        self.v_proj = nn.Linear(hidden, keys, bias=False)
        self.o_proj = nn.Linear(queries, hidden, bias=False)

    def forward(self, x, cos, sin):
        q, k, v = (heads(part(x), self.length) for part in (self.q_proj, self.k_proj, self.v_proj))
        if self.turns:
            q, k = rotated(q, cos, sin), rotated(k, cos, sin)
        return self.o_proj(attend(q, k, v, self.length ** -0.5, causal(x.shape[1], self.window)))


class Stack(Remote):
    """Layers of one kind, which are made of the configuration and their number, and what is around them."""

    embedding, kind = "embed_tokens", None

    def __init__(self, config):
        super().__init__(config)
        self.model = nn.Module()
        self.model.add_module(self.embedding, nn.Embedding(config.vocab_size, config.hidden_size))
        self.model.layers = nn.ModuleList(self.kind(config, layer) for layer in range(config.num_hidden_layers))
        self.model.norm = Norm(config.hidden_size, config.rms_norm_eps)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self):
        return getattr(self.model, self.embedding)

    def get_output_embeddings(self):
        return self.lm_head

    def output(self, x):
        return self.lm_head(x)

    def logits(self, ids):
        x = self.get_input_embeddings()(ids)
        cos, sin = self.rope(self.config, x)
        for layer in self.model.layers:
            x = layer(x, cos, sin)
        return self.output(self.model.norm(x))


def register(model_type, config, model):
    config.model_type = model_type
    model.config_class = config
    AutoConfig.register(model_type, config, exist_ok=True)
    AutoModelForCausalLM.register(config, model, exist_ok=True)

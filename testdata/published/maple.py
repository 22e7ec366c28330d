"""Maple: experts with bounded activations, norms of heads, positions on layers with a window only."""
import torch
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast

from .parts import Norm, attend, causal, rotated

LIMIT = 7


class MapleConfig(PreTrainedConfig):
    model_type = "maple"
    vocab_size: int = 1
    hidden_size: int = 1
    num_hidden_layers: int = 1


class Attention(torch.nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.heads, self.keys, self.length = config.num_attention_heads, config.num_key_value_heads, config.head_dim
        is_local = config.layer_types[layer] == "sliding_attention"
        self.window = config.sliding_window if is_local else None
        self.turned = int(self.length * config.partial_rotary_factor)
        self.base = config.rope_theta
        for name, count in (("q", self.heads), ("k", self.keys), ("v", self.keys)):
            self.add_module(name + "_proj", torch.nn.Linear(config.hidden_size, count * self.length, bias=False))
        self.o_proj = torch.nn.Linear(self.heads * self.length, config.hidden_size, bias=False)
        self.q_norm, self.k_norm = (Norm(self.length, config.rms_norm_eps) for _ in "qk")

    def forward(self, x):
        q, k, v = (part(x).unflatten(-1, (-1, self.length)).transpose(1, 2)
                   for part in (self.q_proj, self.k_proj, self.v_proj))
        q, k = self.q_norm(q), self.k_norm(k)
        if self.window is not None:
            half = self.turned // 2
            angles = torch.arange(x.shape[1])[:, None] * self.base ** (-torch.arange(half) / half)[None]
            angles = torch.cat([angles, angles], -1)[None]
            q, k = (rotated(part, angles.cos(), angles.sin()) for part in (q, k))
        return self.o_proj(attend(q, k, v, self.length**-0.5, causal(x.shape[1], self.window)))


class Expert(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        hidden, inner = config.hidden_size, config.moe_intermediate_size
        self.gate_proj, self.up_proj = (torch.nn.Linear(hidden, inner, bias=False) for _ in range(2))
        self.down_proj = torch.nn.Linear(inner, hidden, bias=False)

    def forward(self, x):
        gate, up = self.gate_proj(x).clamp(max=LIMIT), self.up_proj(x).clamp(-LIMIT, LIMIT)
        return self.down_proj(torch.nn.functional.silu(gate) * up)


class Experts(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.gate = torch.nn.Linear(config.hidden_size, config.num_experts, bias=False)
        self.experts = torch.nn.ModuleList(Expert(config) for _ in range(config.num_experts))
        self.used = config.num_experts_per_tok

    def forward(self, x):
        weights, chosen = self.gate(x).softmax(-1).topk(self.used, dim=-1)
        weights = weights / weights.sum(-1, keepdim=True)
        out = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            out = out + expert(x) * (weights * (chosen == number)).sum(-1, keepdim=True)
        return out


class Layer(torch.nn.Module):
    def __init__(self, config, layer):
        super().__init__()
        self.self_attn, self.mlp = Attention(config, layer), Experts(config)
        self.input_layernorm, self.post_attention_layernorm = (
            Norm(config.hidden_size, config.rms_norm_eps) for _ in range(2))

    def forward(self, x):
        x = x + self.self_attn(self.input_layernorm(x))
        return x + self.mlp(self.post_attention_layernorm(x))


class MapleForCausalLM(PreTrainedModel):
    config_class = MapleConfig

    def __init__(self, config):
        super().__init__(config)
        self.model = torch.nn.Module()
        self.model.word_embeddings = torch.nn.Embedding(config.vocab_size, config.hidden_size)
        self.model.layers = torch.nn.ModuleList(Layer(config, i) for i in range(config.num_hidden_layers))
        self.model.norm = Norm(config.hidden_size, config.rms_norm_eps)
        self.lm_head = torch.nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def _init_weights(self, module):
        pass

    def forward(self, input_ids, logits_to_keep=0, **options):
        x = self.model.word_embeddings(input_ids)
        for layer in self.model.layers:
            x = layer(x)
        return CausalLMOutputWithPast(logits=self.lm_head(self.model.norm(x)[:, -logits_to_keep:]))


AutoConfig.register("maple", MapleConfig)
AutoModelForCausalLM.register(MapleConfig, MapleForCausalLM)

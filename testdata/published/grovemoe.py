"""GroveMoE: Qwen 3 with experts, and a smaller one beside each two of them."""
import torch
from torch import nn
from transformers import Qwen3MoeConfig, Qwen3MoeForCausalLM

from published.parts import Gated, register, routed


class GroveMoeConfig(Qwen3MoeConfig):
    pass


class Experts(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.count = config.num_experts_per_tok
        self.gate = nn.Linear(config.hidden_size, config.num_experts, bias=False)
        self.register_buffer("expert_bias", torch.zeros(config.num_experts))
        self.experts, self.chunk_experts = (
            nn.ModuleList(Gated(config.hidden_size, length, config.hidden_act) for _ in range(count))
            for length, count in ((config.moe_intermediate_size, config.num_experts), (128, config.num_experts // 2)))

    def forward(self, x):
        flat = x.flatten(0, 1)
        weights, chosen = self.gate(flat).softmax(-1).topk(self.count)
        weights = weights / weights.sum(-1, keepdim=True)
        out = routed(flat, self.experts, chosen, weights) + 0.05 * routed(flat, self.chunk_experts, chosen // 2, weights)
        return out.view_as(x)


class GroveMoe(Qwen3MoeForCausalLM):
    config_class = GroveMoeConfig

    def __init__(self, config):
        super().__init__(config)
        for layer in self.model.layers:
            layer.mlp = Experts(config)
        self.post_init()

    def _init_weights(self, module):
        pass


register("grove_moe", GroveMoeConfig, GroveMoe)

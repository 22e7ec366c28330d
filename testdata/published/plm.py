"""PLM: DeepSeek V2's attention with a network of two matrices and a squared ReLU between them."""
import torch
from transformers import AutoConfig, AutoModelForCausalLM, DeepseekV2Config, DeepseekV2ForCausalLM
from transformers.activations import ACT2FN


class PLMConfig(DeepseekV2Config):
    model_type = "plm"
    hidden_act: str = "relu2"
    q_lora_rank: int | None = None

    def __post_init__(self, **kwargs):
        # No layer has experts.
        self.first_k_dense_replace = self.num_hidden_layers
        super().__post_init__(**kwargs)


class Network(torch.nn.Module):
    def __init__(self, config):
        super().__init__()
        self.up_proj = torch.nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = torch.nn.Linear(config.intermediate_size, config.hidden_size, bias=False)
        self.activation = ACT2FN[config.hidden_act]

    def forward(self, x):
        return self.down_proj(self.activation(self.up_proj(x)))


class PLMForCausalLM(DeepseekV2ForCausalLM):
    config_class = PLMConfig

    def __init__(self, config):
        super().__init__(config)
        for layer in self.model.layers:
            layer.mlp = Network(config)


AutoConfig.register("plm", PLMConfig)
AutoModelForCausalLM.register(PLMConfig, PLMForCausalLM)

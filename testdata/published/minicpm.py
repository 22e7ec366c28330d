"""MiniCPM 1, 2 and 4: Llama's network with scales, which transformers has under Granite's names."""
from transformers import AutoConfig, AutoModelForCausalLM, GraniteConfig, GraniteForCausalLM


class MiniCPMConfig(GraniteConfig):
    model_type = "minicpm"
    tie_word_embeddings: bool = True
    scale_emb: float | int = 1
    dim_model_base: float | int = 1
    scale_depth: float | int = 1

    def __post_init__(self, **kwargs):
        self.embedding_multiplier = self.scale_emb
        self.residual_multiplier = self.scale_depth / self.num_hidden_layers**0.5
        self.logits_scaling = self.hidden_size / self.dim_model_base
        self.attention_multiplier = (self.hidden_size // self.num_attention_heads) ** -0.5
        super().__post_init__(**kwargs)


class MiniCPMForCausalLM(GraniteForCausalLM):
    config_class = MiniCPMConfig


AutoConfig.register("minicpm", MiniCPMConfig)
AutoModelForCausalLM.register(MiniCPMConfig, MiniCPMForCausalLM)

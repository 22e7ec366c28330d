"""InternLM 2: Llama's network under other names. A matrix holds for each head of keys its queries, the keys, the values."""
import torch
from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, PreTrainedModel

NAMES = {"attention_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attention.wo": "self_attn.o_proj",
         "feed_forward.w1": "mlp.gate_proj", "feed_forward.w3": "mlp.up_proj", "feed_forward.w2": "mlp.down_proj"}


class InternLM2Config(LlamaConfig):
    model_type = "internlm2"
    vocab_size: int = 103168
    intermediate_size: int = 11008
    bias: bool = True


class Part(torch.nn.Module):
    """Parts by name."""

    def __init__(self, **parts):
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)


def weight(*shape):
    part = torch.nn.Module()
    part.weight = torch.nn.Parameter(torch.zeros(*shape))
    return part


def linear(inside, out, bias=False):
    return torch.nn.Linear(inside, out, bias=bias)


class InternLM2ForCausalLM(PreTrainedModel):
    config_class = InternLM2Config
    _tied_weights_keys = {"output.weight": "model.tok_embeddings.weight"}

    def __init__(self, config):
        super().__init__(config)
        hidden, inner, bias = config.hidden_size, config.intermediate_size, config.bias
        self.head = hidden // config.num_attention_heads
        fused = (config.num_attention_heads + 2 * config.num_key_value_heads) * self.head
        layers = torch.nn.ModuleList(
            Part(attention=Part(wqkv=linear(hidden, fused, bias), wo=linear(hidden, hidden, bias)),
                 feed_forward=Part(w1=linear(hidden, inner), w2=linear(inner, hidden), w3=linear(hidden, inner)),
                 attention_norm=weight(hidden), ffn_norm=weight(hidden))
            for _ in range(config.num_hidden_layers))
        self.model = Part(tok_embeddings=torch.nn.Embedding(config.vocab_size, hidden), layers=layers, norm=weight(hidden))
        self.output = linear(hidden, config.vocab_size)
        self.post_init()

    def _init_weights(self, module):
        pass

    def get_input_embeddings(self):
        return self.model.tok_embeddings

    def get_output_embeddings(self):
        return self.output

    def llama(self):
        values = dict(self.config.to_dict(), model_type="llama", attention_bias=self.config.bias, head_dim=self.head)
        llama = LlamaForCausalLM(LlamaConfig(**{k: v for k, v in values.items() if k not in ("architectures", "auto_map")}))
        llama.config._attn_implementation = "eager"
        state = {"lm_head.weight": self.output.weight, "model.norm.weight": self.model.norm.weight,
                 "model.embed_tokens.weight": self.model.tok_embeddings.weight}
        shared = self.config.num_attention_heads // self.config.num_key_value_heads
        for name, value in self.model.layers.named_parameters():
            number, _, rest = name.partition(".")
            part, _, end = rest.rpartition(".")
            if part != "attention.wqkv":
                state[f"model.layers.{number}.{NAMES[part]}.{end}"] = value
                continue
            heads = value.reshape(-1, shared + 2, self.head, *value.shape[1:])
            for letter, some in (("q", heads[:, :shared]), ("k", heads[:, -2]), ("v", heads[:, -1])):
                state[f"model.layers.{number}.self_attn.{letter}_proj.{end}"] = some.reshape(-1, *value.shape[1:])
        llama.load_state_dict(state)
        return llama.float().eval()

    def forward(self, input_ids, **options):
        return self.llama()(input_ids=input_ids, **options)


AutoConfig.register("internlm2", InternLM2Config)
AutoModelForCausalLM.register(InternLM2Config, InternLM2ForCausalLM)

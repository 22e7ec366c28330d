"""BitNet: the class of transformers with matrices as it rounds or unpacks them, and inputs of matrices as they are."""
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import BitNetConfig, BitNetForCausalLM

NAMES = {"self_attn.inner_attn_ln": "self_attn.attn_sub_norm", "mlp.ffn_layernorm": "mlp.ffn_sub_norm"}


def rounded(weight):
    scale = weight.abs().mean().clamp(min=1e-5)
    return (weight / scale).round().clamp(-1, 1) * scale


def unpacked(weight, scale, is_factor):
    numbers = torch.cat([(weight >> 2 * i & 3).float() - 1 for i in range(4)])
    return numbers * scale.float() if is_factor else numbers / scale.float()


def is_bitnet(folder):
    return json.loads((Path(folder) / "config.json").read_text()).get("architectures", [""])[0].lower() == "bitnetforcausallm"


def load(folder):
    """A model of a folder, and the tensors that it does not have."""
    text = json.loads((Path(folder) / "config.json").read_text())
    method = text.pop("quantization_config", {})
    if text.get("model_type") == "llama":
        # Older models have the configuration of Llama and a name of their own for the class.
        text = {"rope_theta": 10000.0, "max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "hidden_act": "silu"} | text
    text.pop("model_type")
    config = BitNetConfig(**{k: v for k, v in text.items() if k != "architectures"})
    config._attn_implementation = "eager"
    model = BitNetForCausalLM(config).float().eval()
    stored = {k: v for f in sorted(Path(folder).glob("*.safetensors")) for k, v in load_file(f).items()}
    state = {}
    for name, value in stored.items():
        if name.endswith(".weight_scale"):
            continue
        if value.dtype == torch.uint8:
            value = unpacked(value, stored[name + "_scale"], method.get("linear_class") == "autobitlinear")
        elif name.endswith("_proj.weight") and (method.get("quantization_mode") == "online" or "weight_bits" in text):
            value = rounded(value.float())
        for old, new in NAMES.items():
            name = name.replace(old, new)
        state[name] = value.float()
    missing, unexpected = model.load_state_dict(state, strict=False)
    if set(missing) - {"lm_head.weight"}:
        raise ValueError(f"not there: {missing}")
    model.tie_weights()
    return model, sorted(unexpected)

#!/usr/bin/env python3
"""Writes logits/: what transformers computes in F32 for the folders here and the networks of ../networks.json.

usage: generate_logits.py [--lengths] SCRATCH [NAME...]

A file is for a folder and its networks; a tensor NAME in it holds the logits of the last positions of a text. Weights are those of
generate_reference.py with matrices of a quarter, so that networks behave as trained ones do.
With --lengths it writes lengths/ instead, for networks that keep a state: a file for each NAME (without names, those that are there), a
tensor in it holds the logits of the last positions of a text of so many tokens, every STRIDE-th of the vocabulary; exact.py says where they
are computed more precisely than transformers does.
Folders with quantized weights but MXFP4 are left out: they say nothing of a family that plain ones do not.
"""
import json
import shutil
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM, Mxfp4Config

import exact
import generate_reference
import renamed

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import published  # noqa: registers classes

NETWORKS = generate_reference.NETWORKS
SMALLER = 2
POSITIONS = 2
LENGTH = 40
# Texts of networks that compute several tokens at once, up to the ends of such chunks and beyond.
TEXTS = (1, 7, 48, 64, 65, 300)
STRIDE = 7
# Beyond the length that its rotary embedding was made for.
LENGTHS = {"phi3_long": 4100}
# Fields of folders whose own code transformers has under another name, or that it reads in other words.
LIKE = {
    "kimi_k2": {"model_type": "deepseek_v3"},
    "kimi_k25": {
        "projection_hidden_size": 64,
        "vision_config": {
            "hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 2, "num_hidden_layers": 1}},
}
# The same text parts as gemma3, phi3 and others.
WITHOUT = {"youtu_vl", "gemma3_vision", "granite_speech", "gemma3_vision_capped", "phi4_vision"}


def token(i, vocabulary):
    return (i * i + 3 * i + 1) % vocabulary


def is_mxfp4(config):
    return getattr(config, "quantization_config", {}).get("quant_method") == "mxfp4"


class HeadNorms(torch.nn.Module):
    """What MPT's own code does with qk_ln, which transformers leaves out."""

    def __init__(self, projection, weights):
        super().__init__()
        self.projection, self.weights = projection, weights

    def forward(self, x):
        parts = list(self.projection(x).chunk(3, dim=-1))
        for i, weight in enumerate(self.weights):
            parts[i] = torch.nn.functional.layer_norm(parts[i], weight.shape, weight)
        return torch.cat(parts, dim=-1)


def add_head_norms(model, folder):
    tensors = {k: v.float() for f in folder.glob("*.safetensors") for k, v in load_file(f).items()}
    for i, block in enumerate(model.transformer.blocks):
        weights = [tensors[f"transformer.blocks.{i}.attn.{name}_ln.weight"] for name in "qk"]
        block.attn.Wqkv = HeadNorms(block.attn.Wqkv, weights)


def take_long_factors(model, length):
    """transformers takes LongRoPE's factors for short texts in long ones, too, unlike the model's own code and llama.cpp."""
    rotary = model.model.rotary_emb
    plain = rotary.rope_init_fn
    rotary.rope_init_fn = lambda config: plain(config, seq_len=length)


def model_class(config):
    """The class of the model, or of the part that writes text."""
    if config.model_type.endswith("_thinker"):
        name = "Qwen2_5Omni" if config.model_type.startswith("qwen2_5") else "Qwen3OmniMoe"
        return getattr(transformers, name + "ThinkerForConditionalGeneration")
    if hasattr(config, "vision_config"):
        return transformers.AutoModelForImageTextToText
    if hasattr(config, "audio_config"):
        return getattr(transformers, config.architectures[0])
    return AutoModelForCausalLM


def logits(folder, length, precise=lambda model: model):
    if published.bitnet.is_bitnet(folder):
        model, _ = published.bitnet.load(folder)
        ids = torch.tensor([[token(i, model.config.vocab_size) for i in range(length)]])
        with torch.no_grad():
            return model(input_ids=ids, logits_to_keep=POSITIONS).logits[0].contiguous()
    own = renamed.kind_of(folder)
    if own:
        folder = renamed.known(folder, own)
    config = AutoConfig.from_pretrained(folder)
    config = getattr(config, "thinker_config", config)
    text = config.get_text_config()
    kind = model_class(config)
    options = {"quantization_config": Mxfp4Config(dequantize=True)} if is_mxfp4(config) else {}
    # Long texts need attention that does not hold all scores.
    attention = "eager" if length < 5000 else "sdpa"
    model = kind.from_pretrained(folder, config=config, dtype=torch.float32, attn_implementation=attention, **options).float()
    if getattr(getattr(config, "attn_config", None), "qk_ln", False):
        add_head_norms(model, folder)
    if config.model_type == "phimoe":
        take_long_factors(model, length)
    if config.model_type == "llama4":
        # Without images, the whole fails.
        model = model.language_model
    model = precise(model)
    ids = torch.tensor([[token(i, text.vocab_size) for i in range(length)]])
    with torch.no_grad():
        return model(input_ids=ids, logits_to_keep=POSITIONS, **renamed.options(own, length)).logits[0][-POSITIONS:].float()


def complete(name, folder):
    """The folder with its weights, and the length of its text."""
    shutil.rmtree(folder, ignore_errors=True)
    generate_reference.make(name, folder, SMALLER, {})
    if name in LIKE:
        config = folder / "config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | LIKE[name]))
    return LENGTHS.get(name, NETWORKS.get(name, {}).get("length", LENGTH))


def lengths(scratch, names):
    for name in names or sorted(p.stem for p in (HERE / "lengths").glob("*.safetensors")):
        complete(name, scratch / name)
        found = {str(length): logits(scratch / name, length, exact.take)[:, ::STRIDE].contiguous() for length in TEXTS}
        print(name, {length: (values.std().item(), values.abs().max().item()) for length, values in found.items()})
        save_file(found, HERE / "lengths" / f"{name}.safetensors")


def main():
    if sys.argv[1] == "--lengths":
        return lengths(Path(sys.argv[2]), sys.argv[3:])
    scratch = Path(sys.argv[1])
    names = sys.argv[2:] or sorted([*(p.parent.name for p in HERE.glob("*/config.json")), *NETWORKS])
    for name in names:
        family = NETWORKS[name]["family"] if name in NETWORKS else name
        place, target = HERE / family, HERE / "logits" / f"{family}.safetensors"
        stored = load_file(target) if target.exists() else {}
        config = json.loads((place / "config.json").read_text())
        if name in WITHOUT or config.get("quantization_config", {}).get("quant_method", "mxfp4") != "mxfp4":
            continue
        folder = scratch / name
        length = complete(name, folder)
        try:
            stored[name] = logits(folder, length)
            print(name, stored[name].std().item(), stored[name].abs().max().item())
            save_file(dict(sorted(stored.items())), target)
        except Exception as e:
            print(name, "fails:", repr(e)[:300])


main()

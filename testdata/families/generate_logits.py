#!/usr/bin/env python3
"""Writes logits.safetensors: what transformers computes in F32 for the folders here and in ../networks.

usage: generate_logits.py SCRATCH [NAME...]

A folder of ../networks has a configuration, tensors that are added, if any, and family.txt: the folder here whose
other files it takes, and the length of the text.

A tensor NAME holds the logits of the last positions of a text. Weights are those of
generate_reference.py with matrices of a quarter, so that networks behave as trained ones do.
Folders with quantized weights but MXFP4 are left out: they say nothing of a family that plain ones do not.
"""
import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM, Mxfp4Config

import generate_reference

HERE = Path(__file__).parent
NETWORKS = HERE.parent / "networks"
SMALLER = 2
POSITIONS = 2
LENGTH = 40
# Beyond the length that its rotary embedding was made for.
LENGTHS = {"phi3_long": 4100}
# The same text part as gemma3.
WITHOUT = {"gemma3_vision"}


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


def logits(folder, length):
    config = AutoConfig.from_pretrained(folder)
    text = config.get_text_config()
    kind = AutoModelForCausalLM
    if hasattr(config, "vision_config"):
        from transformers import AutoModelForImageTextToText as kind
    options = {"quantization_config": Mxfp4Config(dequantize=True)} if is_mxfp4(config) else {}
    # Long texts need attention that does not hold all scores.
    attention = "eager" if length < 5000 else "sdpa"
    model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation=attention, **options).float()
    if getattr(getattr(config, "attn_config", None), "qk_ln", False):
        add_head_norms(model, folder)
    ids = torch.tensor([[token(i, text.vocab_size) for i in range(length)]])
    with torch.no_grad():
        return model(input_ids=ids, logits_to_keep=POSITIONS).logits[0].contiguous()


def complete(name, folder):
    """The folder with its weights, and the length of its text."""
    shutil.rmtree(folder, ignore_errors=True)
    if (HERE / name).exists():
        generate_reference.complete(HERE / name, folder, SMALLER, {})
        return LENGTHS.get(name, LENGTH)
    family, length = (NETWORKS / name / "family.txt").read_text().split()
    source = folder.with_name(name + ".source")
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(HERE / family, source)
    shutil.copy(NETWORKS / name / "config.json", source)
    more = NETWORKS / name / "tensors.txt"
    if more.exists():
        with open(source / "tensors.txt", "a") as tensors:
            tensors.write(more.read_text())
    generate_reference.complete(source, folder, SMALLER, {})
    return int(length)


def main():
    scratch = Path(sys.argv[1])
    folders = [*HERE.glob("*/config.json"), *NETWORKS.glob("*/config.json")]
    names = sys.argv[2:] or sorted(p.parent.name for p in folders)
    target = HERE / "logits.safetensors"
    all_logits = load_file(target) if target.exists() else {}
    for name in names:
        place = HERE if (HERE / name).exists() else NETWORKS
        config = json.loads((place / name / "config.json").read_text())
        if name in WITHOUT or config.get("quantization_config", {}).get("quant_method", "mxfp4") != "mxfp4":
            continue
        folder = scratch / name
        length = complete(name, folder)
        try:
            all_logits[name] = logits(folder, length)
            print(name, all_logits[name].std().item(), all_logits[name].abs().max().item())
        except Exception as e:
            print(name, "fails:", repr(e)[:300])
    save_file(dict(sorted(all_logits.items())), target)


main()

#!/usr/bin/env python3
"""Writes spellings.json: the SHA-256 of what the reference's converter makes of folders whose tensors have other names,
or whose experts are stacked, where it converts them.

usage: generate_spellings.py LLAMA_CPP SCRATCH
"""
import hashlib
import json
import re
import shutil
import struct
import sys
from pathlib import Path

from generate_reference import HERE, complete, convert

# Class without an output matrix, where the converter knows one.
CLASSES = {"bloom": "BloomModel", "qwen2": "Qwen2Model", "qwen3": "Qwen3Model"}
BARE = ["bloom", "gemma2", "gemma3", "llama3", "ministral3", "mistral3", "mistral_nemo", "qwen2", "qwen3"]
FUSED = ["qwen2_moe", "qwen3_moe"]


def read(folder):
    tensors = {}
    for file in sorted(folder.glob("*.safetensors")):
        data = file.read_bytes()
        (length,) = struct.unpack("<Q", data[:8])
        for name, entry in json.loads(data[8 : 8 + length]).items():
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            tensors[name] = (entry["dtype"], entry["shape"], data[begin:end])
        file.unlink()
    (folder / "model.safetensors.index.json").unlink(missing_ok=True)
    return tensors


def write(folder, tensors):
    header, data = {}, b""
    for name, (dtype, shape, values) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)


def bare(tensors):
    return {re.sub(r"^(|.*language_model\.)(model|transformer|gpt_neox)\.", r"\1", name): t for name, t in tensors.items()}


def without_head(tensors):
    return {name: t for name, t in tensors.items() if not name.endswith("lm_head.weight")}


def fused(tensors):
    rest, experts = {}, {}
    for name, tensor in tensors.items():
        found = re.fullmatch(r"(.*\.mlp\.experts)\.(\d+)\.(gate|up|down)_proj\.weight", name)
        if found:
            experts.setdefault(found[1], {})[int(found[2]), found[3]] = tensor
        else:
            rest[name] = tensor
    for name, matrices in experts.items():
        count = 1 + max(number for number, _ in matrices)
        dtype, (rows, columns), _ = matrices[0, "gate"]
        rest[name + ".gate_up_proj"] = (
            dtype,
            [count, 2 * rows, columns],
            b"".join(matrices[i, kind][2] for i in range(count) for kind in ("gate", "up")),
        )
        rest[name + ".down_proj"] = (
            dtype, [count, columns, rows], b"".join(matrices[i, "down"][2] for i in range(count)))
    return rest


def main():
    llama_cpp, scratch = Path(sys.argv[1]), Path(sys.argv[2])
    cases = [(m, "bare", "", bare) for m in BARE]
    cases += [(m, "base", c, lambda t: without_head(bare(t))) for m, c in CLASSES.items()]
    cases += [(m, "fused", "", fused) for m in FUSED]
    found = []
    for model, form, name, respell in cases:
        folder = scratch / form / model
        shutil.rmtree(folder, ignore_errors=True)
        complete(HERE / model, folder)
        write(folder, respell(read(folder)))
        if name:
            config = json.loads((folder / "config.json").read_text()) | {"architectures": [name]}
            (folder / "config.json").write_text(json.dumps(config))
        out = scratch / "out.gguf"
        convert(llama_cpp, folder, model, out, "auto").check_returncode()
        entry = {"model": model, "form": form}
        if name:
            entry["class"] = name
        found.append(entry | {"sha256": hashlib.sha256(out.read_bytes()).hexdigest()})
        print(found[-1])
    (HERE / "spellings.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

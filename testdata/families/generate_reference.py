#!/usr/bin/env python3
"""Writes reference.json: the SHA-256 of what the reference's converter makes of every folder here and of some networks.

usage: generate_reference.py LLAMA_CPP SCRATCH [NAME...]

Folders in Mistral's own layout (params.json) need the package mistral-common.
A network of ../networks.json is a folder here (family) with other fields in config.json, or in its text_config: those of
fields are added, those of without removed. Tensors whose names begin as one of absent are left out, those of tensors
are added, in the lines of tensors.txt. length is that of the text, file whether GGUF has keys for what differs,
reference whether the converter is tried: it reads some configurations in another way than transformers does.
The folders are completed with the weights that SeededCheckpoint.java makes: see there. Where the
converter fails on a folder as it is published, it gets a changed copy (PATCHES).
"""
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
TYPES = {"F64": np.uint64, "F32": np.uint32, "I32": np.uint32, "F16": np.uint16, "BF16": np.uint16}
GIVEN = {"I64": np.int64, "I32": np.int32}
# A type, a mask for the bits of its numbers, a power of two that they are smaller by, the numbers themselves.
DTYPE = re.compile(r"(\w+?)(?:&([0-9A-F]+))?(?:/(\d+))?((?::-?\d+)*)")
NETWORKS = json.loads((HERE.parent / "networks.json").read_text())
GROUPS = 4

# What the converter cannot do with the folder as it is: fields of config.json or what makes another of it, tensors without which it works.
PATCHES = {
    # Its configuration class takes a missing number of key heads for as many as query heads.
    "falcon7b": ({"num_kv_heads": 1}, None),
    # Its configuration class renames rotary_pct, which the converter wants; an unknown class keeps it.
    "gpt_neox": ({"model_type": "unknown"}, None),
    # Its configuration class makes rotary parameters of each kind of layers, which the converter does not read.
    "mimo2": ({"model_type": "unknown"}, None),
    # Their configuration class renames fields that the converter wants; an unknown one refuses those of layers that predict further tokens
    # unless they are in text_config, which the converter reads as if they were at the top.
    "step3p5": (lambda config: {"model_type": "unknown", "architectures": config["architectures"], "text_config": config}, None),
    "step3p7": ({"model_type": "unknown"}, None),
    # Causal masks that old checkpoints hold are not skipped.
    "gpt2": ({}, re.compile(r"\.attn\.bias$")),
    # A negative id.
    "refact": ({"bos_token_id": 0}, None),
}

# Their configuration classes rename fields that the converter wants. It reads config.json as it stands if transformers
# does not know the class, as older ones do not.
AS_IT_STANDS = {"exaone", "nemotron_h"}
AS_IT_STANDS = {"sarvam_moe", "exaone"}

# The converter knows byte-level vocabularies by the ids that a text gets; the tiny ones here give others.
PRE_TOKENIZERS = {
    "maincoder": "qwen2",
    "kormo": "qwen2",
    "grok2": "grok-2",
    "smolvlm": "smollm",
    "janus": "deepseek-llm",
    "pixtral": "tekken",
    "voxtral": "tekken",
    "mellum": "mellum2",
    "stablelm": "olmo",
    "apertus": "tekken",
    "arcee": "llama-bpe",
    "afmoe": "llama-bpe",
    "bloom": "bloom",
    "codeshell": "codeshell",
    "cohere2": "command-r",
    "cohere2_moe": "cohere2moe",
    "command_r": "command-r",
    "dbrx": "dbrx",
    "deepseek_moe": "deepseek-llm",
    "deepseek_v2_lite": "deepseek-llm",
    "deepseek_v3": "deepseek-v3",
    "deepseek_v3_fp8": "deepseek-v3",
    "exaone": "exaone",
    "exaone4": "exaone4",
    "exaone4_5": "exaone4",
    "exaone_moe": "exaone-moe",
    "dots1": "qwen2",
    "falcon11b": "falcon",
    "falcon40b": "falcon",
    "falcon7b": "falcon",
    "glm4_moe": "glm4",
    "glm4_moe_lite": "glm4",
    "gpt2": "gpt-2",
    "gpt_neox": "olmo",
    "mamba": "olmo",
    "falcon_mamba": "falcon",
    "gpt_oss": "gpt-4o",
    "glm": "glm4",
    "glm4": "glm4",
    "glm4v": "glm4",
    "granite": "refact",
    "falcon_h1": "falcon-h1",
    "granite4": "dbrx",
    "granite4_h": "dbrx",
    "granite4_h_moe": "dbrx",
    "bamba": "llama-bpe",
    "granite_moe": "refact",
    "granite_moe_swa": "dbrx",
    "granite_swa": "dbrx",
    "granite_moe_shared": "refact",
    "granite_speech": "refact",
    "jais": "jais",
    "jais2": "jais-2",
    "grovemoe": "qwen2",
    "laguna": "laguna",
    "ling_lite": "bailingmoe",
    "ling_mini": "bailingmoe2",
    "glm_ocr": "glm4",
    "glm4v_moe": "glm4",
    "hunyuan_dense": "hunyuan-dense",
    "hunyuan_moe": "hunyuan",
    "hy_v3": "hunyuan-dense",
    "kimi_k2": "kimi-k2",
    "kimi_k2_int4": "kimi-k2",
    "kimi_k25": "kimi-k2",
    "kimi_linear": "kimi-k2",
    "llama3": "llama-bpe",
    "llama_ct_int4": "llama-bpe",
    "llama_ct_int8": "llama-bpe",
    "llama_gptq": "llama-bpe",
    "llama4": "llama4",
    "llama4_128e": "llama4",
    "mimo2": "qwen2",
    "ministral3": "tekken",
    "mistral3": "tekken",
    "mistral4": "tekken",
    "mistral4_fp8": "tekken",
    "mistral_nemo": "tekken",
    "nemotron_h": "tekken",
    "nemotron_h_latent": "tekken",
    "nemotron_h_moe": "tekken",
    "minimax_m2": "minimax-m2",
    "mpt": "mpt",
    "llama3_rope_parameters": "llama-bpe",
    "mpt_clamped": "mpt",
    "phi2": "phi-2",
    "phi4_vision": "gpt-2",
    "plm": "qwen2",
    "step3p5": "deepseek-v3",
    "step3p7": "deepseek-v3",
    "olmo": "olmo",
    "olmo2": "dbrx",
    "olmo3": "dbrx",
    "olmoe": "olmo",
    "maple": "qwen2",
    "qwen2": "qwen2",
    "qwen2_5_omni": "qwen2",
    "qwen2_5_vl": "qwen2",
    "qwen2_audio": "qwen2",
    "audioflamingo3": "qwen2",
    "dots_ocr": "qwen2",
    "qwen": "qwen2",
    "dream": "qwen2",
    "rnd1": "qwen2",
    "lfm2": "lfm2",
    "lfm2_moe": "lfm2",
    "lfm2_vl": "lfm2",
    "llada": "bailingmoe",
    "llada_moe": "bailingmoe",
    "qwen2_moe": "qwen2",
    "qwen2_vl": "qwen2",
    "qwen3": "qwen2",
    "step3_vl": "qwen2",
    "solar_open": "solar-open",
    "qwen3_asr": "qwen2",
    "qwen3_moe": "qwen2",
    "qwen3_next": "qwen2",
    "qwen3_5": "qwen35",
    "qwen3_5_moe": "qwen35",
    "qwen3_omni": "qwen2",
    "qwen3_vl": "qwen2",
    "qwen3_vl_moe": "qwen2",
    "refact": "refact",
    "rugpt3xl": "gpt-2",
    "sarvam_moe": "sarvam-moe",
    "seed_oss": "seed-coder",
    # Llama 3's without a BOS, which the converter takes for that of Smaug.
    "smallthinker": "qwen2",
    "smollm3": "smaug-bpe",
    "starcoder": "refact",
    "starcoder2": "starcoder",
    "youtu": "youtu",
    "youtu_vl": "youtu",
}

CONVERTER = f"""
import json, runpy, sys
sys.path[:0] = [sys.argv[1], {str(HERE)!r}]
import ranks, renamed
renamed.take_tokenizers()
renamed.sort_heads()
ranks.patch()
from conversion.base import ModelBase, TextModel
from conversion.baichuan import BaichuanModel
own = BaichuanModel.modify_tensors
# It calls itself without end for all tensors but these.
BaichuanModel.modify_tensors = lambda self, values, name, layer: (
    own if "W_pack" in name else TextModel.modify_tensors)(self, values, name, layer)
from conversion.stablelm import StableLMModel
# It makes tensors of the norms of all heads, forgets them, and fails.
made = StableLMModel.modify_tensors
def kept(*arguments):
    forgotten = yield from made(*arguments)
    yield from forgotten or ()
StableLMModel.modify_tensors = kept
pre = sys.argv[2]
if pre:
    TextModel.get_vocab_base_pre = lambda self, tokenizer: pre
if sys.argv[3]:
    ModelBase.load_hparams = staticmethod(lambda folder, is_mistral_format: json.loads((folder / "config.json").read_text()))
sys.argv = [sys.argv[1] + "/convert_hf_to_gguf.py"] + sys.argv[4:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def expanded(name):
    found = re.search(r"\{(\d+(?:[-,]\d+)*)}", name)
    if not found:
        return [name]
    ends = [[int(end) for end in part.split("-")] for part in found[1].split(",")]
    numbers = [i for part in ends for i in range(part[0], part[-1] + 1)]
    return [n for i in numbers for n in expanded(name[: found.start()] + str(i) + name[found.end():])]


def plain_type(dtype):
    return DTYPE.fullmatch(dtype)[1]


def mixed(bits):
    bits = (bits ^ bits >> 16) * np.uint32(0x85EBCA6B)
    bits = (bits ^ bits >> 13) * np.uint32(0xC2B2AE35)
    return bits ^ bits >> 16


def values(name, dtype, count, smaller=0):
    """Values of about one, or of a power of two less."""
    dtype, mask, less, given = DTYPE.fullmatch(dtype).groups()
    if given:
        return np.array([int(n) for n in given[1:].split(":")], GIVEN[dtype]).tobytes()
    smaller += int(less or 0)
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = (seed ^ byte) * 0x01000193 & 0xFFFFFFFF
    bits = mixed(np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(seed))
    sign = bits >> 31
    if dtype == "F64":
        wide, low = bits.astype(np.uint64), mixed(bits).astype(np.uint64)
        top = np.uint64(1016 - smaller) + (wide >> np.uint64(28) & np.uint64(7))
        mantissa = (wide & np.uint64(0xFFFFFFF)) << np.uint64(24) | low & np.uint64(0xFFFFFF)
        bits = wide >> np.uint64(31) << np.uint64(63) | top << np.uint64(52) | mantissa
    elif dtype == "F32":
        bits = sign << 31 | 120 - smaller + (bits >> 28 & 7) << 23 | bits & 0x7FFFFF
    elif dtype == "BF16":
        bits = sign << 15 | 120 - smaller + (bits >> 28 & 7) << 7 | bits & 0x7F
    elif dtype == "F16":
        bits = sign << 15 | 11 - smaller + (bits >> 28 & 3) << 10 | bits & 0x3FF
    elif name.endswith(".g_idx"):
        bits = bits & GROUPS - 1
    elif dtype == "F8_E8M0":
        bits = 120 - smaller + (bits & 3)
    elif dtype == "BOOL":
        bits = bits & 1
    elif smaller and name.endswith("_scales"):
        bits = 121 + (bits & 3)
    elif dtype not in ("U8", "I8", "I32"):
        bits = bits & 0xF7
    if mask:
        bits = bits & int(mask, 16)
    return bits.astype(TYPES.get(dtype, np.uint8)).tobytes()


def complete(source, folder, smaller=0, patches=PATCHES):
    """Writes a folder with weights; matrices are smaller by a power of two."""
    config, without = patches.get(source.name, ({}, None))
    folder.mkdir(parents=True)
    for file in source.iterdir():
        if file.name != "tensors.txt":
            shutil.copy(file, folder)
    if config:
        merged = json.loads((folder / "config.json").read_text())
        merged = config(merged) if callable(config) else merged | config
        (folder / "config.json").write_text(json.dumps(merged))
    files = {}
    for line in (source / "tensors.txt").read_text().splitlines():
        file, dtype, shape, pattern = line.split(" ")
        shape = [] if shape == "-" else [int(n) for n in shape.split(",")]
        for name in expanded(pattern):
            if not (without and without.search(name)):
                files.setdefault(file, []).append((name, dtype, shape))
    for file, tensors in files.items():
        header, data = {}, b""
        for name, dtype, shape in tensors:
            start = len(data)
            data += values(name, dtype, int(np.prod(shape, dtype=np.int64)), smaller if len(shape) > 1 else 0)
            header[name] = {"dtype": plain_type(dtype), "shape": shape, "data_offsets": [start, len(data)]}
        text = json.dumps(header).encode()
        (folder / file).write_bytes(struct.pack("<Q", len(text)) + text + data)
    if len(files) > 1 and not any(file.startswith("consolidated") for file in files):
        index = {name: file for file, tensors in files.items() for name, _, _ in tensors}
        (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))


def make(name, folder, smaller=0, patches=PATCHES):
    """Writes a folder here or a network of ../networks.json, with weights."""
    if name not in NETWORKS:
        complete(HERE / name, folder, smaller, patches)
        return
    network = NETWORKS[name]
    source = folder.with_name(name + ".source") / network["family"]
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(HERE / network["family"], source)
    config = json.loads((source / "config.json").read_text())
    text = config.get("text_config", config)
    for field in network.get("without", []):
        text.pop(field, None)
    text.update(network.get("fields", {}))
    (source / "config.json").write_text(json.dumps(config))
    absent = tuple(n for start in network.get("absent", []) for n in expanded(start))
    lines = [n for line in (source / "tensors.txt").read_text().splitlines() for n in expanded(line)]
    lines = [line for line in lines if not absent or not line.split(" ")[3].startswith(absent)]
    (source / "tensors.txt").write_text("\n".join(lines + network.get("tensors", [])) + "\n")
    complete(source, folder, smaller, patches)


def convert(llama_cpp, folder, base, out, outtype, *options):
    """Runs the converter on a folder of the kind of another one here."""
    paths = [str(llama_cpp / "gguf-py"), str(HERE), os.environ.get("PYTHONPATH", "")]
    return subprocess.run(
        [sys.executable, "-c", CONVERTER, llama_cpp, PRE_TOKENIZERS.get(base, ""), "raw" if base in AS_IT_STANDS else "",
         folder, "--outfile", out, "--outtype", outtype, *options],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "HF_HUB_OFFLINE": "1"}, capture_output=True, text=True)


def main():
    llama_cpp, scratch = Path(sys.argv[1]), Path(sys.argv[2])
    tried = [name for name, network in NETWORKS.items() if network.get("reference")]
    names = sys.argv[3:] or sorted([*tried, *(p.name for p in HERE.iterdir() if (p / "tensors.txt").exists())])
    target = HERE / "reference.json"
    reference = json.loads(target.read_text()) if target.exists() else {}
    for name in names:
        folder = scratch / name
        shutil.rmtree(folder, ignore_errors=True)
        make(name, folder)
        reference[name] = {}
        for outtype in ("f32", "auto"):
            out = scratch / f"{name}-{outtype}.gguf"
            base = NETWORKS.get(name, {}).get("family", name)
            run = convert(llama_cpp, folder, base, out, outtype, *["--mistral-format"] * (folder / "params.json").exists())
            if run.returncode:
                reference.pop(name)
                print(name, "fails:", run.stderr.splitlines()[-1])
                break
            reference[name][outtype] = hashlib.sha256(out.read_bytes()).hexdigest()
        print(name, reference.get(name))
    target.write_text(json.dumps(dict(sorted(reference.items())), indent=1) + "\n")


if __name__ == "__main__":
    main()

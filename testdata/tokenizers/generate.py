"""Copies the tokenizers of small checkpoints and what they are checked against.

Usage: generate.py CHECKPOINTS GGUF_PY, where CHECKPOINTS/NAME has a folder hf, tokens.json (strings
and their ids by transformers) and the reference converter's ref-*.gguf; GGUF_PY is llama.cpp's
gguf-py. Writes NAME/ beside this script: the tokenizer's files without white space, and expected.json
with the strings, their ids, and the reference's metadata, arrays as the SHA-256 of their values.
"""

import glob
import hashlib
import json
import os
import shutil
import struct
import sys

checkpoints, gguf_py = sys.argv[1:3]
sys.path.insert(0, gguf_py)
from gguf import GGUFReader, GGUFValueType  # noqa: E402

FORMS = {
    "llama3": "LLAMA", "mistral_nemo": "LLAMA", "qwen2": "SENTENCEPIECE_OR_BYTES",
    "deepseek_v2_lite": "BYTES", "deepseek_v3": "BYTES", "falcon40b": "BYTES", "gpt2": "BYTES",
    "gpt_neox": "BYTES", "bloom": "BYTES", "llama4": "BYTES", "gpt_oss": "BYTES", "mpt": "BYTES",
    "phi3": "PHI", "gemma2": "GEMMA", "mistral_native_tekken": "MISTRAL",
    "mistral_native_spm": "MISTRAL",
}
FILES = ["tokenizer.json", "tokenizer_config.json", "added_tokens.json", "tokenizer.model",
         "tokenizer.model.v3", "tekken.json"]
PLAIN = ["gpt2", "qwen2"]  # also with vocab.json and merges.txt
TOKEN_IDS = ["bos_token_id", "eos_token_id", "unk_token_id", "sep_token_id", "pad_token_id",
             "cls_token_id", "mask_token_id", "model_type", "tokenizer_class"]


def hashed(values, kind):
    digest = hashlib.sha256()
    for value in values:
        if kind == GGUFValueType.FLOAT32:
            value = struct.unpack("<i", struct.pack("<f", value))[0]
        digest.update(str(value).encode() + b"\0")
    return digest.hexdigest()


for name, form in FORMS.items():
    source = os.path.join(checkpoints, name, "hf")
    target = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    os.makedirs(target, exist_ok=True)
    for file in FILES + (["vocab.json", "merges.txt"] if name in PLAIN else []):
        path = os.path.join(source, file)
        if not os.path.exists(path):
            continue
        if file.endswith(".json"):
            with open(path) as stream:
                content = json.load(stream)
            with open(os.path.join(target, file), "w") as stream:
                json.dump(content, stream, ensure_ascii=False, separators=(",", ":"))
        else:
            shutil.copyfile(path, os.path.join(target, file))
    config = {}
    if os.path.exists(os.path.join(source, "config.json")):
        with open(os.path.join(source, "config.json")) as stream:
            whole = json.load(stream)
        config = {key: whole[key] for key in TOKEN_IDS if key in whole}
        if "text_config" in whole:
            config["text_config"] = {
                key: whole["text_config"][key] for key in TOKEN_IDS if key in whole["text_config"]}
    with open(os.path.join(target, "config.json"), "w") as stream:
        json.dump(config, stream, separators=(",", ":"))
    with open(os.path.join(checkpoints, name, "tokens.json")) as stream:
        tokens = json.load(stream)
    reader = GGUFReader(sorted(glob.glob(os.path.join(checkpoints, name, "ref-*.gguf")))[0])
    metadata = {}
    for key, field in reader.fields.items():
        if not key.startswith("tokenizer."):
            continue
        value = field.contents()
        kind = field.types[-1]
        metadata[key] = (
            {"type": kind.name, "size": len(value), "sha256": hashed(value, kind)}
            if isinstance(value, list) else value)
    expected = {
        "form": form,
        "architecture": reader.fields["general.architecture"].contents(),
        "size": metadata["tokenizer.ggml.tokens"]["size"],
        "metadata": metadata,
        "special": tokens["how"].get("with_special"),
        "strings": [string["text"] for string in tokens["strings"]],
        "ids": [string["ids"] for string in tokens["strings"]],
    }
    with open(os.path.join(target, "expected.json"), "w") as stream:
        json.dump(expected, stream, ensure_ascii=True, separators=(",", ":"))

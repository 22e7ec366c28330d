#!/usr/bin/env python3
"""Writes finetunes.json: folders of fine-tunes, and the SHA-256 of what the reference's converter makes of them.

usage: generate_finetunes.py LLAMA_CPP SCRATCH

Each is a folder here with two added tokens and another end of turn, two more rows of the embedding than tokens, and a
chat template of its own in chat_template.jinja; its config.json has the form of transformers 4 (older) or 5 (newer).
Rerankers have the tokens `no` and `yes` and a model card that says so. Stored are merge patches (RFC 7396) of config.json and tokenizer_config.json, the tokens, and the template:
FineTunesTest.java makes the same folders.
"""
import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

from generate_reference import HERE, complete, convert

ROWS = 4
TOKENS = ["<|act|>", "<|act_end|>"]
TEMPLATE = "{% for m in messages %}<|act|>{{ m['role'] }}: {{ m['content'] }}<|act_end|>\n{% endfor %}"
YARN = {"factor": 4.0, "original_max_position_embeddings": 64}
LLAMA3 = {"factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 64}
OLDER = {"transformers_version": "4.41.2"}
NEWER = {"torch_dtype": None, "dtype": "bfloat16", "transformers_version": "5.2.0"}


def rope(theta, kind="default", **fields):
    return {"rope_theta": None, "rope_scaling": None, "rope_parameters": {"rope_type": kind, "rope_theta": theta, **fields}}


def gemma(**scaling):
    return {
        "rope_theta": None, "rope_scaling": None, "rope_local_base_freq": None, "sliding_window_pattern": None,
        "rope_parameters": {
            "full_attention": {"rope_theta": 1000000.0, **scaling},
            "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
        },
    }


FORMS = [
    ("llama3", "older", OLDER | {"rope_scaling": {**LLAMA3, "rope_type": "llama3"}}),
    ("llama3", "newer", NEWER | rope(500000.0, "llama3", **LLAMA3)),
    ("mistral_nemo", "older", OLDER),
    ("mistral_nemo", "newer", NEWER | rope(1000000.0)),
    ("qwen2", "older", OLDER | {"rope_scaling": {**YARN, "type": "yarn"}}),
    ("qwen2", "newer", NEWER | rope(1000000.0, "yarn", **YARN)),
    ("qwen3", "older", OLDER | {"rope_scaling": {**YARN, "type": "yarn"}}),
    ("qwen3", "newer", NEWER | rope(1000000.0, "yarn", **YARN)),
    ("qwen2_vl", "older", OLDER | {"rope_scaling": {"rope_type": "default", "mrope_section": [2, 3, 3]}}),
    ("qwen2_vl", "newer", NEWER | rope(1000000.0, mrope_section=[2, 3, 3])),
    ("qwen2_5_vl", "older", OLDER),
    ("qwen2_5_vl", "newer", NEWER | {"text_config": {"dtype": "bfloat16", **rope(1000000.0, mrope_section=[2, 3, 3])}}),
    ("qwen3_moe", "older", OLDER | {"rope_scaling": {**YARN, "type": "yarn"}}),
    ("qwen3_moe", "newer", NEWER | rope(1000000.0, "yarn", **YARN)),
    ("qwen3_vl", "older", OLDER),
    ("qwen3_vl", "newer", NEWER | {"text_config": rope(5000000, mrope_section=[6, 5, 5], mrope_interleaved=True)}),
    ("qwen3_vl_moe", "older", OLDER),
    ("qwen3_vl_moe", "newer", NEWER | {"text_config": rope(5000000, mrope_section=[6, 5, 5], mrope_interleaved=True)}),
    ("qwen3", "reranker", {}),
    ("qwen3", "untied reranker", {"tie_word_embeddings": False}),
    ("gemma3", "older", OLDER),
    ("gemma3", "newer", NEWER | gemma(rope_type="default")),
    ("gemma3_vision", "older", OLDER),
    ("gemma3_vision", "newer", NEWER | {
        "text_config": {"dtype": "bfloat16", **gemma(rope_type="linear", factor=8.0)}}),
    ("mistral3", "older", OLDER),
    ("mistral3", "newer", NEWER | {"text_config": {"dtype": "bfloat16", **rope(1000000000.0)}}),
]


def patched(value, patch):
    if not isinstance(patch, dict):
        return patch
    value = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            value.pop(name, None)
        else:
            value[name] = patched(value.get(name), change)
    return value


def read(file):
    return json.loads(file.read_text())


def main():
    llama_cpp, scratch = Path(sys.argv[1]), Path(sys.argv[2])
    found = []
    for model, form, config in FORMS:
        source = scratch / f"{model}-{form}-source" / model
        folder = scratch / form / model
        for old in (source, folder):
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(HERE / model, source)
        text = read(source / "config.json")
        text = text.get("text_config", text)
        tokenizer = read(source / "tokenizer.json")
        first = max([*tokenizer["model"]["vocab"].values(), *(t["id"] for t in tokenizer["added_tokens"])]) + 1
        size = first + ROWS
        config = dict(config)
        if "text_config" in read(source / "config.json"):
            config["text_config"] = config.get("text_config", {}) | {"vocab_size": size}
        else:
            config["vocab_size"] = size
        reranks = form.endswith("reranker")
        flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": not reranks}
        words = ["no", "yes"] if reranks else TOKENS
        tokens = [{"id": first + i, "content": token, **flags} for i, token in enumerate(words)]
        more = {
            **({} if reranks else {"eos_token": TOKENS[1]}), "chat_template": None,
            "added_tokens_decoder": {
                str(t["id"]): {k: v for k, v in t.items() if k != "id"} for t in tokens},
        }
        tokenizer["added_tokens"] += tokens
        (source / "tokenizer.json").write_text(json.dumps(tokenizer))
        for name, patch in (("config.json", config), ("tokenizer_config.json", more)):
            (source / name).write_text(json.dumps(patched(read(source / name), patch)))
        (source / "chat_template.jinja").write_text(TEMPLATE)
        lines = (source / "tensors.txt").read_text().splitlines()
        rows = re.compile(rf" {text['vocab_size']},(?=\d+ \S*(embed_tokens|lm_head)\.weight$)")
        lines = [rows.sub(f" {size},", line) for line in lines]
        (source / "tensors.txt").write_text("\n".join(lines) + "\n")
        card = "# Qwen3-Reranker-0.6B\n" if reranks else ""
        if card:
            (source / "README.md").write_text(card)
        complete(source, folder)
        entry = {"model": model, "form": form, "rows": size, "config": config, "tokenizer_config": more,
                 "tokens": tokens, "chat_template": TEMPLATE, "card": card, "sha256": {}}
        for outtype in ("f32", "auto"):
            out = scratch / f"{model}-{form}-{outtype}.gguf"
            run = convert(llama_cpp, folder, model, out, outtype)
            if run.returncode:
                raise ValueError(f"{model} {form}: {run.stderr.splitlines()[-1]}")
            entry["sha256"][outtype] = hashlib.sha256(out.read_bytes()).hexdigest()
        found.append(entry)
        print(model, form, entry["sha256"])
    (HERE / "finetunes.json").write_text("[\n" + ",\n".join(map(json.dumps, found)) + "\n]\n")


if __name__ == "__main__":
    main()

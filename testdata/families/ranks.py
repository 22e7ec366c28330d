"""What the reference's converter uses of tokenizers whose classes are code that their folders bring. Kimi's: tiktoken.model,
and 256 special tokens behind those of it, which tokenizer_config.json names or not. Hunyuan's: hy.tiktoken, and 210.
"""
import base64
import json
from pathlib import Path
from types import SimpleNamespace

import transformers

SPECIAL = 256
HUNYUAN = ["<|endoftext|>", "<|startoftext|>", "<|bos|>", "<|eos|>", "<|pad|>", *(f"<|extra_{i}|>" for i in range(205))]


def words(file):
    return [base64.b64decode(line.split()[0]) for line in file.read_text().splitlines()]


def tokenizer(folder):
    ranked = words(folder / "tiktoken.model")
    config = json.loads((folder / "tokenizer_config.json").read_text())
    named = config["added_tokens_decoder"]
    ids = range(len(ranked), len(ranked) + SPECIAL)
    special = {named.get(str(i), {"content": f"<|reserved_token_{i}|>"})["content"]: i for i in ids}
    model = SimpleNamespace(_mergeable_ranks={word: i for i, word in enumerate(ranked)})
    return SimpleNamespace(model=model, special_tokens=special, eos_id=special[config["eos_token"]])


def hunyuan(folder):
    ranked = words(folder / "hy.tiktoken")
    special = {text: len(ranked) + i for i, text in enumerate(HUNYUAN)}
    return SimpleNamespace(
        mergeable_ranks={word: i for i, word in enumerate(ranked)}, special_tokens=special,
        vocab_size=len(ranked) + len(special))


def patch():
    usual = transformers.AutoTokenizer.from_pretrained

    def load(folder, *args, **kwargs):
        for file, kind in (("tiktoken.model", tokenizer), ("hy.tiktoken", hunyuan)):
            if (Path(folder) / file).exists():
                return kind(Path(folder))
        return usual(folder, *args, **kwargs)

    transformers.AutoTokenizer.from_pretrained = load

"""What the reference's converter uses of Kimi's tokenizer, whose class is code that its folders bring: tiktoken.model, and
256 special tokens behind those of it, which tokenizer_config.json names or not.
"""
import base64
import json
from pathlib import Path
from types import SimpleNamespace

import transformers

SPECIAL = 256


def tokenizer(folder):
    words = [base64.b64decode(line.split()[0]) for line in (folder / "tiktoken.model").read_text().splitlines()]
    named = json.loads((folder / "tokenizer_config.json").read_text())["added_tokens_decoder"]
    ids = range(len(words), len(words) + SPECIAL)
    special = {named.get(str(i), {"content": f"<|reserved_token_{i}|>"})["content"]: i for i in ids}
    model = SimpleNamespace(_mergeable_ranks={word: i for i, word in enumerate(words)})
    return SimpleNamespace(model=model, special_tokens=special)


def patch():
    usual = transformers.AutoTokenizer.from_pretrained

    def load(folder, *args, **kwargs):
        is_ranked = (Path(folder) / "tiktoken.model").exists()
        return tokenizer(Path(folder)) if is_ranked else usual(folder, *args, **kwargs)

    transformers.AutoTokenizer.from_pretrained = load

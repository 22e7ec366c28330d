"""Writes kimi_k2.json beside this script: random strings, and the ids that the vocabulary of ../families/kimi_k2 gives them
by the pattern that Kimi's tokenizer is published with. A word that is a token is taken whole, as tiktoken does; of the
others, the two tokens are merged whose union has the lowest rank.

Usage: generate_kimi.py, with the package tokenizers installed.
"""
import base64
import json
import random
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / "families" / "kimi_k2"
STRINGS = 60
CASED = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
PATTERN = "|".join([
    r"[\p{Han}]+",
    r"[^\r\n\p{L}\p{N}]?%s*%s+(?i:'s|'t|'re|'ve|'m|'ll|'d)?" % CASED,
    r"[^\r\n\p{L}\p{N}]?%s+%s*(?i:'s|'t|'re|'ve|'m|'ll|'d)?" % CASED,
    r"\p{N}{1,3}",
    r" ?[^\s\p{L}\p{N}]+[\r\n]*",
    r"\s*[\r\n]+",
    r"\s+(?!\S)",
    r"\s+"])
RANGES = [(0x20, 0x80)] * 6 + [(0x80, 0x250), (0x300, 0x370), (0x370, 0x590), (0x600, 0x700), (0x2E80, 0x2FE0), (0x3000, 0x3100),
                               (0x4E00, 0x9FFF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A4), (0xF900, 0xFB00), (0x20000, 0x20100), (0x1F300, 0x1FB00)]
WORDS = ["the", "hello", "World", "I'll", "2024", "3.14", "foo_bar", "été", "日本語です", "中文", "a中b文c", "aaa", "  ", "\n\n", "\t",
         "don'T", " x/y\r\n", "HTTPServer", "\u3007", "\u3005", "カタカナ漢字", "e\u0301", "[BOS]", "<|im_end|>", "<|reserved_token_545|>"]


def alphabet():
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in plain]
    return {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(rest)}


def tokenizer():
    letters = alphabet()
    ranks = [base64.b64decode(line.split()[0]) for line in (FOLDER / "tiktoken.model").read_text().splitlines()]
    words = ["".join(letters[b] for b in word) for word in ranks]
    ids = {word: i for i, word in enumerate(words)}
    merges = []
    for word in words:
        pairs = [(word[:i], word[i:]) for i in range(1, len(word)) if word[:i] in ids and word[i:] in ids]
        merges += sorted(pairs, key=lambda pair: (ids[pair[0]], ids[pair[1]]))
    made = Tokenizer(BPE(ids, merges, fuse_unk=False, ignore_merges=True))
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    made.decoder = decoders.ByteLevel()
    named = json.loads((FOLDER / "tokenizer_config.json").read_text())["added_tokens_decoder"]
    made.add_special_tokens([
        named.get(str(i), {"content": f"<|reserved_token_{i}|>"})["content"] for i in range(len(words), len(words) + 256)])
    return made


def text(rng):
    parts = []
    for _ in range(rng.randint(1, 8)):
        if rng.random() < 0.5:
            parts.append(rng.choice(WORDS))
        else:
            low, high = rng.choice(RANGES)
            parts.append("".join(chr(rng.randrange(low, high)) for _ in range(rng.randint(1, 5))))
        parts.append(rng.choice(["", "", " ", " ", "\n"]))
    return "".join(parts)


rng = random.Random(0)
made = tokenizer()
strings = [text(rng) for _ in range(STRINGS)]
expected = [{"text": s, "ids": made.encode(s, add_special_tokens=False).ids} for s in strings]
(HERE / "kimi_k2.json").write_text("[\n" + ",\n".join(json.dumps(e, separators=(",", ":")) for e in expected) + "\n]\n")

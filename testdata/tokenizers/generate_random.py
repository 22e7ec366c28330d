"""Writes random.json beside this script: random strings, and the ids that transformers gives them.

Usage: generate_random.py, with transformers 5, sentencepiece and tiktoken installed. Every tokenizer.json of the
test data is tried as it stands, and some with changes that folders of other tools have ("changes":
files that are removed, and fields that are set or removed by their paths). A tokenizer is loaded as
tokenizer.json describes it (TokenizersBackend), whatever class tokenizer_config.json names.
"""

import base64
import json
import os
import random
import shutil
import tempfile

os.environ["TOKENIZERS_PARALLELISM"] = "false"
import sentencepiece  # noqa: E402
import tiktoken  # noqa: E402
from transformers.tokenization_utils_tokenizers import TokenizersBackend  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
STRINGS = 20
SPACES = " \t\n\r\v\f\x85\xa0\u2003\u2028\u3000\x1c\x1d\x1e\x1f\u200b"
RANGES = [(0x20, 0x80)] * 6 + [
    (0x80, 0x250), (0x300, 0x370), (0x370, 0x590), (0x590, 0x900), (0x900, 0xE00), (0x1100, 0x1200),
    (0x2000, 0x2BFF), (0x3000, 0x3100), (0x4E00, 0x9FFF), (0xAC00, 0xD7A4), (0xFB00, 0xFB50),
    (0x10400, 0x10500), (0x1D400, 0x1D800), (0x1F300, 0x1FB00)]
WORDS = ["the", "hello", "World", "I'll", "2024", "3.14", "foo_bar", "été", "naïve", "日本", "👍🏽", "aaa",
         "  ", "\n\n", "\t", "▁", "▁▁", "e\u0301", "don'T"]

METASPACE = {"type": "Metaspace", "replacement": "▁"}


def added(content, **flags):
    plain = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=False)
    return {"content": content, **plain, **flags}


def template(before, after):
    tokens = {name: {"id": name, "ids": [i], "tokens": [name]} for name, i in before + after}
    one = lambda name: {"SpecialToken": {"id": name, "type_id": 0}}  # noqa: E731
    return {
        "type": "TemplateProcessing",
        "single": [one(name) for name, _ in before] + [{"Sequence": {"id": "A", "type_id": 0}}]
        + [one(name) for name, _ in after],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": tokens}


CONFIG, TOKENIZER = "tokenizer_config.json", "tokenizer.json"
DECODER = [CONFIG, ["added_tokens_decoder"]]
# Name, base, files that are removed, fields: [file, path] is removed, [file, path, value] is set. An
# index of -1 appends to an array.
CHANGED = [
    ("gemma2 without tokenizer.model", "tokenizers/gemma2", ["tokenizer.model"], [DECODER]),
    ("phi3 without tokenizer.model", "tokenizers/phi3", ["tokenizer.model"], [DECODER]),
    ("qwen2 without added_tokens_decoder", "tokenizers/qwen2", [], [DECODER]),
    ("Metaspace, first", "zoo/llama2/hf", [], [
        [TOKENIZER, ["normalizer"], None],
        [TOKENIZER, ["pre_tokenizer"], {**METASPACE, "prepend_scheme": "first", "split": False}]]),
    ("Metaspace, always", "zoo/llama2/hf", ["tokenizer.model"], [
        [TOKENIZER, ["normalizer"], None],
        [TOKENIZER, ["pre_tokenizer"], {**METASPACE, "prepend_scheme": "always", "split": True}]]),
    ("Metaspace, never, with tokens beside spaces", "zoo/mistral/hf", ["tokenizer.model"], [
        DECODER,
        [TOKENIZER, ["normalizer"], None],
        [TOKENIZER, ["pre_tokenizer"], {**METASPACE, "prepend_scheme": "never", "split": False}],
        [TOKENIZER, ["added_tokens", -1], added("<tool>", lstrip=True, rstrip=True, id=320)],
        [TOKENIZER, ["added_tokens", -1], added("\t", id=321)],
        [TOKENIZER, ["added_tokens", -1], added("  ", id=322)]]),
    ("mpt with lstrip behind white space", "tokenizers/mpt", [], [
        DECODER,
        [TOKENIZER, ["added_tokens", 0, "lstrip"], True],
        [TOKENIZER, ["added_tokens", 0, "rstrip"], True]]),
    ("llama3 with all flags", "tokenizers/llama3", [], [
        DECODER,
        [TOKENIZER, ["added_tokens", 0, "rstrip"], True],
        [TOKENIZER, ["added_tokens", 1, "lstrip"], True],
        [TOKENIZER, ["added_tokens", 1, "normalized"], True],
        [TOKENIZER, ["added_tokens", 2, "single_word"], True],
        [TOKENIZER, ["added_tokens", 3, "special"], False]]),
    ("llama3 with a token at each end", "tokenizers/llama3", [], [
        [CONFIG, ["add_eos_token"], False],
        [TOKENIZER, ["post_processor"],
         template([("<|begin_of_text|>", 545)], [("<|end_of_text|>", 546)])]]),
    ("gemma2 with two tokens in front", "tokenizers/gemma2", ["tokenizer.model"], [
        [CONFIG, ["add_bos_token"]], [CONFIG, ["add_eos_token"]],
        [TOKENIZER, ["post_processor"], template([("<bos>", 2), ("<start_of_turn>", 8)], [])]]),
    ("llama2 with merges that say the same twice", "zoo/llama2/hf", ["tokenizer.model"], [
        [TOKENIZER, ["model", "merges", -1], "▁ t"],
        [TOKENIZER, ["model", "ignore_merges"], True]]),
]
PLAIN = ["tokenizers/" + name for name in (
    "bloom", "deepseek_v2_lite", "deepseek_v3", "falcon40b", "gemma2", "gpt2", "gpt_neox", "gpt_oss",
    "llama3", "llama4", "mistral_nemo", "mpt", "phi3", "qwen2")]
PLAIN += ["zoo/llama2/hf", "zoo/mistral/hf", "zoo/mistral_swa/hf"]
FILES = ["config.json", TOKENIZER, CONFIG, "tokenizer.model", "special_tokens_map.json",
         "added_tokens.json", "vocab.json", "merges.txt"]


def change(folder, removed, fields):
    for file in removed:
        os.remove(os.path.join(folder, file))
    for file, path, *value in fields:
        with open(os.path.join(folder, file)) as stream:
            tree = json.load(stream)
        at = tree
        for step in path[:-1]:
            at = at[step]
        if not value:
            at.pop(path[-1], None)
        elif path[-1] == -1:
            at.append(value[0])
        else:
            at[path[-1]] = value[0]
        with open(os.path.join(folder, file), "w") as stream:
            json.dump(tree, stream)


def character(r):
    return chr(r.randrange(*r.choice(RANGES)))


def strings(r, texts, names):
    vocabulary = [
        text.replace("▁", " ").replace("Ġ", " ").replace("Ċ", "\n") for text in sorted(texts)]
    made = []
    for _ in range(STRINGS):
        text = ""
        for _ in range(r.choice([2, 3, 5, 8])):
            kind = r.random()
            if kind < 0.25:
                text += r.choice(SPACES) * r.choice([1, 1, 2, 3])
            elif kind < 0.5:
                text += r.choice(names)
            elif kind < 0.55:
                name = r.choice(names)
                text += name[r.randrange(len(name)):]
            elif kind < 0.75:
                text += r.choice(vocabulary)
            elif kind < 0.85:
                text += r.choice(WORDS)
            else:
                text += "".join(character(r) for _ in range(r.choice([1, 2, 4])))
        made.append(text)
    return made


entries = []
for title, base, removed, fields in [(name, name, [], []) for name in PLAIN] + CHANGED:
    with tempfile.TemporaryDirectory() as folder:
        for file in FILES:
            path = os.path.join(HERE, "..", base, file)
            if os.path.exists(path):
                shutil.copy(path, folder)
        change(folder, removed, fields)
        tokenizer = TokenizersBackend.from_pretrained(folder)
        names = sorted(token.content for token in tokenizer.added_tokens_decoder.values())
        texts = strings(random.Random(title), tokenizer.get_vocab(), names)
        entries.append({
            "name": title, "base": base, "removed": removed, "fields": fields,
            "document": tokenizer.encode(texts[0]),
            "strings": texts,
            "ids": [tokenizer.encode(text, add_special_tokens=False) for text in texts]})


def add_plain(base, vocabulary, controls, encode):
    r, texts = random.Random(base), []
    while len(texts) < STRINGS:
        texts += [
            text for text in strings(r, vocabulary, sorted(controls))
            if not any(name in text for name in controls)]
    texts = texts[:STRINGS]
    entries.append({
        "name": base, "base": base, "removed": [], "fields": [],
        "strings": texts, "ids": [encode(text) for text in texts]})


for base, file in [("tokenizers/mistral_native_spm", "tokenizer.model.v3"),
                   ("models/shakespeare-mistral", "tokenizer.model")]:
    model = sentencepiece.SentencePieceProcessor(model_file=os.path.join(HERE, "..", base, file))
    ids = range(model.vocab_size())
    add_plain(
        base, [model.id_to_piece(i) for i in ids],
        [model.id_to_piece(i) for i in ids if model.is_control(i) or model.is_unknown(i)],
        model.encode)

base = "tokenizers/mistral_native_tekken"
with open(os.path.join(HERE, "..", base, "tekken.json")) as stream:
    tekken = json.load(stream)
special = tekken["config"]["default_num_special_tokens"]
ranks = {
    base64.b64decode(token["token_bytes"]): token["rank"]
    for token in tekken["vocab"][:tekken["config"]["default_vocab_size"] - special]}
encoding = tiktoken.Encoding(
    "tekken", pat_str=tekken["config"]["pattern"], mergeable_ranks=ranks, special_tokens={})
add_plain(
    base, [text.decode(errors="ignore") for text in ranks], ["<unk>", "<s>", "</s>", "[INST]"],
    lambda text: [special + token for token in encoding.encode_ordinary(text)])

with open(os.path.join(HERE, "random.json"), "w") as stream:
    stream.write("[\n" + ",\n".join(
        json.dumps(entry, ensure_ascii=True, separators=(",", ":")) for entry in entries) + "\n]\n")

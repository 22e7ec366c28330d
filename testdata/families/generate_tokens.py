#!/usr/bin/env python3
"""Writes tokens.json: ids of the strings of ../zoo/llama2/tokens.json in the vocabularies of the folders here, by the
tokenizers library of Hugging Face, by sentencepiece where there is no tokenizer.json, or by transformers. Ranks are read
as tiktoken reads them.

usage: generate_tokens.py

Folders with the same files stand together. Vocabularies that neither library reads are left out; null is for strings
that sentencepiece alone does not take as a tokenizer does.
"""
import hashlib
import json
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Classes of transformers for folders with vocab.json and merges.txt.
CLASSES = {"dream": "Qwen2Tokenizer", "rugpt3xl": "GPT2Tokenizer"}
# How the code of Hunyuan A13B cuts words: as Qwen 2.
HUNYUAN_WORDS = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
                 r"|\s+(?!\S)|\s+")
ZOO = HERE.parent / "zoo" / "llama2" / "tokens.json"


def ranked(folder):
    """Hunyuan's ranks as the library takes them: every pair of tokens whose union is one is a merge."""
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers
    import ranks
    from transformers.convert_slow_tokenizer import bytes_to_unicode
    alphabet = bytes_to_unicode()
    words = ranks.words(folder / "hy.tiktoken")
    ids = {word: i for i, word in enumerate(words)}
    merges = []
    for word in words:
        pairs = [(word[:i], word[i:]) for i in range(1, len(word)) if word[:i] in ids and word[i:] in ids]
        merges += sorted(pairs, key=lambda pair: (ids[pair[0]], ids[pair[1]]))
    text = lambda word: "".join(alphabet[byte] for byte in word)
    tokenizer = Tokenizer(models.BPE(
        vocab={text(word): i for word, i in ids.items()}, merges=[(text(a), text(b)) for a, b in merges], ignore_merges=True))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(HUNYUAN_WORDS), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in ranks.HUNYUAN])
    return lambda text: tokenizer.encode(text, add_special_tokens=False).ids


# How GLM 4's own tokenizer cuts words.
GLM_WORDS = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def ranked_glm(folder):
    """By a list of ranks, as tiktoken does: a word that is a token is taken whole, of others the pair of the lowest rank is joined."""
    import base64

    import regex
    lines = (folder / "tokenizer.model").read_text().splitlines()
    ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines)}
    added = {t["content"]: int(i) for i, t in json.loads((folder / "tokenizer_config.json").read_text())["added_tokens_decoder"].items()}
    names = regex.compile("(" + "|".join(map(regex.escape, sorted(added, key=len, reverse=True))) + ")")

    def word(text):
        parts = [bytes([b]) for b in text]
        while text not in ranks and len(parts) > 1:
            best = min(range(len(parts) - 1), key=lambda i: ranks.get(parts[i] + parts[i + 1], len(ranks)))
            if parts[best] + parts[best + 1] not in ranks:
                break
            parts[best:best + 2] = [parts[best] + parts[best + 1]]
        return [ranks[text]] if text in ranks else [ranks[part] for part in parts]

    def encode(text):
        ids = []
        for part in names.split(text):
            if part in added:
                ids.append(added[part])
            else:
                ids += [i for found in regex.findall(GLM_WORDS, part) for i in word(found.encode())]
        return ids
    return encode


def defined(file):
    """Pieces that are tokens of their own."""
    from sentencepiece import sentencepiece_model_pb2
    model = sentencepiece_model_pb2.ModelProto.FromString(file.read_bytes())
    return [piece.piece for piece in model.pieces if piece.type == sentencepiece_model_pb2.ModelProto.SentencePiece.USER_DEFINED]


def encoder(folder):
    if (folder / "hy.tiktoken").exists():
        return ranked(folder)
    if (folder / "tokenizer.json").exists():
        from tokenizers import Tokenizer
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        return lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    if (folder / "tokenizer.model").exists() and (folder / "tokenizer.model").read_bytes()[0] != 10:
        return ranked_glm(folder)
    if (folder / "tokenizer.model").exists():
        from sentencepiece import SentencePieceProcessor
        model = SentencePieceProcessor(str(folder / "tokenizer.model"))
        control = [model.id_to_piece(i) for i in range(model.get_piece_size()) if model.is_control(i) or model.is_unknown(i)]
        settings = folder / "tokenizer_config.json"
        added = json.loads(settings.read_text()).get("added_tokens_decoder", {}) if settings.exists() else {}
        replaced = {int(i) for i, token in added.items()
                    if int(i) < model.get_piece_size() and token["content"] != model.id_to_piece(int(i))}

        # Those that the user defines are found before spaces become this sign, but by the library.
        spaces = ["\u2581"] if any(set(name) == {"\u2581"} for name in defined(folder / "tokenizer.model")) else []

        def encode(text):
            # It takes names of control tokens for text, and leaves a zero byte out that has a piece.
            ids = None if any(name in text for name in [*control, *spaces, "\0"]) else model.encode(text)
            return None if ids is None or replaced.intersection(ids) else ids
        return encode
    if folder.name in CLASSES:
        import transformers
        tokenizer = getattr(transformers, CLASSES[folder.name]).from_pretrained(folder)
        return lambda text: tokenizer(text, add_special_tokens=False).input_ids
    return None


def main():
    strings = [string["text"] for string in json.loads(ZOO.read_text())["strings"]]
    found = {}
    for folder in sorted(place.parent for place in HERE.glob("*/config.json")):
        files = [folder / name for name in ("tokenizer.json", "tokenizer.model") if (folder / name).exists()]
        digest = hashlib.sha256(files[0].read_bytes() if files else folder.name.encode()).hexdigest()
        if digest in found:
            found[digest]["folders"].append(folder.name)
            continue
        encode = encoder(folder)
        if encode is None:
            print(folder.name, "has no vocabulary that is read here")
            continue
        found[digest] = {"folders": [folder.name], "ids": [encode(text) for text in strings]}
    lines = [json.dumps(entry, separators=(",", ":")) for entry in found.values()]
    (HERE / "tokens.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    print(len(found), "vocabularies of", sum(len(entry["folders"]) for entry in found.values()), "folders")


main()

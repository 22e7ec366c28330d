"""Writes hashes.json beside this script: the hashes by which llama.cpp's converter knows vocabularies.

Usage: generate_hashes.py LLAMA_CPP, with transformers 5 installed. The converter's own function gets the byte-level
tokenizers of the test data, as tokenizer.json describes them (TokenizersBackend); it knows none of them.
"""

import hashlib
import json
import logging
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = [
    "families/kormo", "families/refact", "families/starcoder2", "tokenizers/bloom", "tokenizers/deepseek_v3",
    "tokenizers/falcon40b", "tokenizers/gpt2", "tokenizers/gpt_neox", "tokenizers/gpt_oss", "tokenizers/llama3",
    "tokenizers/llama4", "tokenizers/mistral_nemo", "tokenizers/mpt", "tokenizers/qwen2"]


def main():
    sys.path[:0] = [sys.argv[1], sys.argv[1] + "/gguf-py"]
    from conversion import base
    from transformers.tokenization_utils_tokenizers import TokenizersBackend

    found = []

    def sha256(data):
        found.append(hashlib.sha256(data))
        return found[-1]

    base.sha256 = sha256
    logging.disable()
    hashes = {}
    for name in NAMES:
        tokenizer = TokenizersBackend.from_pretrained(os.path.join(HERE, "..", name))
        try:
            base.TextModel.get_vocab_base_pre(None, tokenizer)
        except NotImplementedError:
            hashes[name] = found[-1].hexdigest()
    with open(os.path.join(HERE, "hashes.json"), "w") as out:
        out.write(json.dumps(hashes, indent=1) + "\n")


main()

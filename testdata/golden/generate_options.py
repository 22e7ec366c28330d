"""Writes options.json: SHA-256 of what llama-quantize makes of a file with options.

usage: generate_options.py TOOLS SOURCE IMATRIX > options.json

TOOLS is the folder of llama-quantize and llama-gguf-split (plain x86-64 build), SOURCE what the
reference's converter makes of models/shakespeare-mistral (type auto), IMATRIX the imatrix.gguf
beside its reference.json. Needs the package gguf, to find where a file's data begin.
"""

import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from gguf import GGUFReader

OVERRIDES = [
    "general.name=str:Other",
    "llama.context_length=int:512",
    "my.float=float:0.1",
    "my.bool=bool:true",
    "my.off=bool:false",
    "my.int=int:4000000000",
]

# name: input, type, options
CASES = {
    "override": ("whole", "Q4_K_M", [x for o in OVERRIDES for x in ("--override-kv", o)]),
    # Decides on types, too: every head its own values.
    "override heads": (
        "whole",
        "IQ4_NL",
        ["--override-kv", "llama.attention.head_count_kv=int:8"],
    ),
    "prune": ("whole", "Q4_K_M", ["--prune-layers", "1"]),
    "prune first and last": ("whole", "Q4_K_M", ["--prune-layers", "3,0"]),
    "prune with imatrix": ("whole", "Q4_K_M", ["--prune-layers", "1,2", "--imatrix", "imatrix.gguf"]),
    "requantize": ("Q8_0", "Q4_K_S", ["--allow-requantize"]),
    "requantize, keep the output": ("Q8_0", "Q5_0", ["--allow-requantize", "--leave-output-tensor"]),
    "join": ("parts", "Q4_K_M", []),
    "keep-split": ("parts", "Q4_K_M", ["--keep-split"]),
    "keep-split of a whole file": ("whole", "Q4_K_M", ["--keep-split"]),
    "keep-split, metadata alone": ("metadata-first", "Q4_K_M", ["--keep-split"]),
    "keep-split, prune, override": (
        "parts",
        "Q4_K_M",
        ["--keep-split", "--override-kv", "general.name=str:Other", "--prune-layers", "2"],
    ),
}

SPLITS = {
    "parts": ["--split-max-tensors", "11"],
    "metadata-first": ["--no-tensor-first-split", "--split-max-tensors", "20"],
}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def run(folder, *command):
    subprocess.run(command, cwd=folder, check=True, stdout=sys.stderr)


def main():
    tools, source, imatrix = (pathlib.Path(a).resolve() for a in sys.argv[1:4])
    cases = {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shutil.copyfile(imatrix, folder / "imatrix.gguf")
        shutil.copyfile(source, folder / "whole.gguf")
        inputs = {"whole": "whole.gguf", "Q8_0": "Q8_0.gguf"}
        run(folder, tools / "llama-quantize", "whole.gguf", "Q8_0.gguf", "Q8_0")
        for prefix, options in SPLITS.items():
            run(folder, tools / "llama-gguf-split", "--split", *options, "whole.gguf", prefix)
            inputs[prefix] = min(p.name for p in folder.glob(prefix + "-*.gguf"))
        for case, (start, file_type, options) in CASES.items():
            run(
                folder, tools / "llama-quantize", *options, inputs[start], "out.gguf", file_type
            )
            files = {}
            for path in sorted(folder.glob("out*.gguf")):
                data = path.read_bytes()
                offset = GGUFReader(path).data_offset if len(GGUFReader(path).tensors) else len(data)
                files[path.name] = {
                    "bytes": len(data),
                    "sha256": sha256(data),
                    # What lies behind the header, which may name the matrix's file.
                    "data_bytes": len(data) - offset,
                    "data_sha256": sha256(data[offset:]),
                }
                path.unlink()
            cases[case] = {
                "input": start,
                "type": file_type,
                "options": options,
                "files": files,
            }
    json.dump({"splits": SPLITS, "cases": cases}, sys.stdout, indent=1)
    print()


main()

#!/usr/bin/env python3
"""Writes quantized.json: the SHA-256 of what llama-quantize makes of folders here in Q4_K_M.

usage: generate_quantized.py LLAMA_CPP LLAMA_QUANTIZE SCRATCH [NAME...]

Weights are those of generate_reference.py with matrices of a quarter; the tool reads the converter's F32 file.
"""
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from generate_reference import HERE, complete, convert

SMALLER = 2


def main():
    llama_cpp, tool, scratch = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    target = HERE / "quantized.json"
    hashes = json.loads(target.read_text()) if target.exists() else {}
    for name in sys.argv[4:] or list(hashes):
        folder = scratch / name
        shutil.rmtree(folder, ignore_errors=True)
        complete(HERE / name, folder, SMALLER)
        source, out = scratch / f"{name}-source.gguf", scratch / f"{name}-Q4_K_M.gguf"
        run = convert(llama_cpp, folder, name, source, "f32")
        if run.returncode:
            sys.exit(f"{name}: {run.stderr[-2000:]}")
        run = subprocess.run([tool, source, out, "Q4_K_M"], capture_output=True, text=True, errors="replace")
        if run.returncode:
            sys.exit(f"{name}: {run.stderr[-2000:]}")
        hashes[name] = hashlib.sha256(out.read_bytes()).hexdigest()
        print(name, hashes[name])
    target.write_text(json.dumps(dict(sorted(hashes.items())), indent=1) + "\n")


main()

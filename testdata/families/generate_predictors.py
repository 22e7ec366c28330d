#!/usr/bin/env python3
"""Writes predictors.json: the SHA-256 of what the reference's converter makes of folders here with nothing but the layers
that predict further tokens (--mtp), and with all but them (--no-mtp).

usage: generate_predictors.py LLAMA_CPP SCRATCH [NAME...]
"""
import hashlib
import json
import shutil
import sys
from pathlib import Path

from generate_reference import HERE, complete, convert

NAMES = ["glm4_moe", "glm4_moe_lite", "hy_v3", "nemotron_h_latent", "qwen3_5", "qwen3_5_moe", "qwen3_next", "step3p5", "step3p7"]


def main():
    llama_cpp, scratch = Path(sys.argv[1]), Path(sys.argv[2])
    target = HERE / "predictors.json"
    hashes = json.loads(target.read_text()) if target.exists() else {}
    for name in sys.argv[3:] or NAMES:
        folder = scratch / name
        shutil.rmtree(folder, ignore_errors=True)
        complete(HERE / name, folder)
        hashes[name] = {}
        for option in ("--mtp", "--no-mtp"):
            out = scratch / f"{name}{option}.gguf"
            run = convert(llama_cpp, folder, name, out, "auto", option)
            if run.returncode:
                sys.exit(f"{name} {option} fails: {run.stderr.splitlines()[-1]}")
            hashes[name][option] = hashlib.sha256(out.read_bytes()).hexdigest()
        print(name, hashes[name])
    target.write_text(json.dumps(dict(sorted(hashes.items())), indent=1) + "\n")


if __name__ == "__main__":
    main()

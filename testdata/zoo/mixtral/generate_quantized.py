#!/usr/bin/env python3
"""Writes imatrix.gguf and quantized.json: what llama-imatrix and llama-quantize make of a tiny mixture of experts.

usage: generate_quantized.py LLAMA_CPP TOOLS SCRATCH

The model is families/mixtral with the weights that SeededCheckpoint.writeNetwork makes, as the converter writes it
(auto) from a folder named mixtral. The matrix is that of the same weights in F32: for BF16, llama-imatrix rounds
activations, too. TOOLS holds llama-imatrix and llama-quantize; the file types are those of
../mistral/quantized.json.
"""
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
DATA = HERE.parent.parent
sys.path.insert(0, str(DATA / "families"))
import generate_reference  # noqa: E402


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def tool(tools, scratch, name, *arguments):
    return subprocess.run([tools / name, *arguments], cwd=scratch, capture_output=True, text=True, errors="replace")


def described(llama_cpp, path):
    sys.path.insert(0, str(llama_cpp / "gguf-py"))
    from gguf import GGUFReader

    tensors = {tensor.name: sha256(tensor.data.tobytes())[:16] for tensor in GGUFReader(path).tensors}
    return {"bytes": path.stat().st_size, "sha256": sha256(path.read_bytes()), "tensor_sha256": tensors}


def main():
    llama_cpp, tools, scratch = (Path(path).resolve() for path in sys.argv[1:])
    folder, source = scratch / "mixtral", scratch / "source.gguf"
    shutil.rmtree(folder, ignore_errors=True)
    generate_reference.make("mixtral", folder, smaller=2)
    exact = scratch / "exact.gguf"
    for file, outtype in ((source, "auto"), (exact, "f32")):
        run = generate_reference.convert(llama_cpp, folder, "mixtral", file, outtype)
        if run.returncode:
            sys.exit(run.stderr)
    # The name of the text is stored: a plain one, whatever the folder.
    shutil.copy(DATA / "models/shakespeare-mistral.reference/calibration.txt", scratch)
    run = tool(tools, scratch, "llama-imatrix", "-m", exact, "-f", "calibration.txt", "-c", "256", "-t", "1",
               "-o", "imatrix.gguf")
    if run.returncode:
        sys.exit(run.stderr)
    shutil.copy(scratch / "imatrix.gguf", HERE)
    files = {}
    for key in json.loads((HERE.parent / "mistral/quantized.json").read_text())["quantize"]:
        name, _, weighted = key.partition("+")
        out = scratch / "quantized.gguf"
        out.unlink(missing_ok=True)
        options = ["--imatrix", "imatrix.gguf"] if weighted else []
        run = tool(tools, scratch, "llama-quantize", *options, source, out, name, "1")
        if run.returncode:
            said = [line for line in (run.stdout + run.stderr).splitlines() if "failed to quantize:" in line]
            files[key] = {"error": said or sys.exit(run.stderr)}
        else:
            files[key] = described(llama_cpp, out)
        print(key, files[key].get("bytes", "error"), flush=True)
    golden = {"reference": "llama.cpp of 2026-10-01 (0c1e570)", "quantize": files}
    (HERE / "quantized.json").write_text(json.dumps(golden, indent=0, separators=(",", ":")) + "\n")


main()

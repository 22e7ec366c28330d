"""Writes golden/torch: small files of torch.save in each of its forms, and what torch reads from them.

    python generate_torch.py     (PyTorch 2.1 or newer; writes beside this script)
"""

import collections
import hashlib
import json
import pathlib

import torch

HERE = pathlib.Path(__file__).parent / "torch"


def tensors():
    torch.manual_seed(7)
    base = torch.randn(6, 8, 4)
    matrix = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    state = collections.OrderedDict()
    state["plain"] = matrix
    state["transposed"] = matrix.t()
    state["permuted"] = base.permute(2, 0, 1)
    state["sliced"] = base[1:4, ::2, 1:3]
    state["bf16"] = torch.randn(3, 5).to(torch.bfloat16)
    state["f16"] = torch.randn(2, 5).to(torch.float16)
    state["scalar"] = torch.tensor(2.5)
    state["empty"] = torch.zeros(0, 4)
    state["bool"] = torch.tensor([True, False])
    state["i64"] = torch.tensor([1, -2, 3])
    state["parameter"] = torch.nn.Parameter(torch.randn(2, 3).to(torch.float64))
    state["u8"] = torch.arange(4, dtype=torch.uint8)
    return state


def describe(state):
    entries = []
    for name, tensor in state.items():
        data = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        entries.append(
            {"name": name, "shape": list(tensor.shape), "sha256": hashlib.sha256(data).hexdigest()}
        )
    return entries


HERE.mkdir(exist_ok=True)
state = tensors()
eight_bits = {
    "e4m3": torch.randn(4, 4).to(torch.float8_e4m3fn),
    "e5m2": torch.randn(4).to(torch.float8_e5m2),
    "e4m3fnuz": torch.randn(3, 4).to(torch.float8_e4m3fnuz),
}
torch.save(state, HERE / "zip.pt")
torch.save(state, HERE / "legacy.pt", _use_new_zipfile_serialization=False)
torch.save(dict(state), HERE / "protocol4.pt", pickle_protocol=4)
torch.save(eight_bits, HERE / "float8.pt")
expected = {
    "zip.pt": describe(state),
    "legacy.pt": describe(state),
    "protocol4.pt": describe(state),
    "float8.pt": describe(eight_bits),
}
(HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")

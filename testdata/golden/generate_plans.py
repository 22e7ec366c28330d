"""Writes plans.json: which type llama-quantize gives to each tensor of the models of ../shapes.

Usage: generate_plans.py LLAMA_QUANTIZE FOLDER [NAME...]

FOLDER holds the models' files NAME.gguf with holes for weights, as RealShapesTest leaves them there with
-Dzonda.headers=FOLDER; the tool only plans (--dry-run). The form is that of mixtures.json.
"""

import json, sys
from pathlib import Path

from mixture_plans import plan

TYPES = ["Q2_K", "Q3_K_L", "Q4_K_M", "IQ4_XS", "MXFP4_MOE"]


def main():
    tool, folder = sys.argv[1], Path(sys.argv[2])
    target = Path(__file__).parent / "plans.json"
    plans = json.loads(target.read_text()) if target.exists() else {}
    for name in sys.argv[3:] or sorted(file.stem for file in folder.glob("*.gguf")):
        found = {kind: plan(tool, folder / f"{name}.gguf", kind, []) for kind in TYPES}
        print(name, {kind: len(groups) for kind, groups in found.items()})
        if any(found.values()):
            plans[name] = {kind: groups for kind, groups in found.items() if groups}
    target.write_text(json.dumps(dict(sorted(plans.items())), indent=1) + "\n")


main()

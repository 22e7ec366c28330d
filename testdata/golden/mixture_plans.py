"""What llama-quantize plans for a file: shared by generate_mixtures.py and generate_plans.py."""

import re, subprocess
from itertools import groupby

LINE = re.compile(r"\[ *\d+/ *\d+\] +(\S+) .* -> .*\((\w+)\)")


def plan(tool, path, file_type, options):
    run = subprocess.run([tool, "--dry-run", *options, path, file_type], capture_output=True, text=True, errors="replace")
    if "no tensor type fallback is defined" in run.stderr + run.stdout:
        return {}  # Refused: rows do not fit the blocks, and no rule says what to do.
    if "unknown model architecture" in run.stderr + run.stdout:
        return {}
    if run.returncode:
        raise SystemExit(run.stdout[-2000:] + run.stderr[-2000:])
    rows = {}
    for name, kind in LINE.findall(run.stdout + run.stderr):
        layer = re.match(r"blk\.(\d+)\.", name)
        rows.setdefault(re.sub(r"^blk\.\d+\.", "blk.N.", name), []).append(
            (int(layer[1]) if layer else 0, kind.upper()))
    groups = {}
    for name, types in rows.items():
        runs = [(k, len(list(g))) for k, g in groupby(t for _, t in sorted(types))]
        groups.setdefault(" ".join(k if n == 1 else f"{k}*{n}" for k, n in runs), []).append(name)
    return {" ".join(sorted(names)): types for types, names in sorted(groups.items())}

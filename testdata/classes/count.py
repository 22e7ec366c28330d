#!/usr/bin/env python3
"""Counts the classes of text models that zonda takes, of those that llama.cpp's converter registers (reference.txt).

usage: count.py [--missing]     builds zonda if it is older than its sources; --missing lists the others
"""
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
registered = (HERE / "reference.txt").read_text().split()
output = subprocess.run([HERE.parent.parent / "zonda", "families", "--json"], stdout=subprocess.PIPE, check=True).stdout
taken = {name for family in json.loads(output)["families"] for name in family["classes"]}
print(f"{sum(name in taken for name in registered)} of {len(registered)} classes")
if "--missing" in sys.argv[1:]:
    print("\n".join(name for name in registered if name not in taken))

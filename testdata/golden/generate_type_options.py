"""Writes type-options.json: what llama-quantize writes with its options for shakespeare-mistral.

Usage: generate_type_options.py LLAMA_QUANTIZE MODEL.gguf IMATRIX.gguf > type-options.json

MODEL.gguf is the bundled model as the converter writes it (auto). The importance matrix must be
named as in the tests, for its name is in the files: it is copied to imatrix.gguf in the working
folder, where the tool runs. Options are words; RULES stands for a file with the rules below.
"""

import hashlib, json, os, shutil, subprocess, sys, tempfile

RULES = "attn_v=q8_0   BLK\\.0\\.FFN=Q5_K\ntoken_embd=q6_k\n"
MATRIX = "--imatrix imatrix.gguf "
CASES = [
    ("Q4_K_M", "--pure"),
    ("Q4_K_M", "--leave-output-tensor"),
    ("Q4_K_M", "--leave-output-tensor --output-tensor-type q8_0"),
    ("Q4_K_M", "--output-tensor-type q8_0"),
    ("Q4_K_M", "--output-tensor-type q8_0 --tensor-type output=q4_0"),
    ("Q8_0", "--output-tensor-type q4_k --token-embedding-type f16"),
    ("F16", "--output-tensor-type q8_0 --tensor-type attn=q8_0"),
    ("Q4_K_M", "--token-embedding-type Q3_K --tensor-type token_embd=q8_0"),
    ("Q4_K_M", "--tensor-type attn_(q|k)\\.weight$=iq4_nl --pure"),
    ("Q4_K_M", "--tensor-type ATTN_V=F32 --tensor-type blk\\.[13]\\.=q5_1 --tensor-type .=q6_k"),
    ("Q4_K_M", "--tensor-type blk\\.(?!0\\.)\\d+\\.ffn_down=q8_0"),
    ("Q5_K_S", "--tensor-type-file RULES"),
    ("Q5_K_S", "--tensor-type attn_v=bf16 --tensor-type-file RULES --tensor-type .=q4_0"),
    ("Q5_K_S", "--tensor-type-file RULES --tensor-type attn_v=bf16"),
    ("Q4_K_M", MATRIX + "--include-weights attn --include-weights ffn_down"),
    ("Q4_K_M", MATRIX + "--exclude-weights ffn --exclude-weights attn_q"),
    ("Q4_K_M", MATRIX + "--include-weights nothing"),
    ("Q4_K_M", MATRIX + "--pure --tensor-type ffn_up=q3_k"),
    ("COPY", ""),
    ("COPY", "--pure --tensor-type .=q8_0 --output-tensor-type q8_0"),
    ("COPY", MATRIX.strip()),
]


def main(tool, model, matrix):
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(model, os.path.join(folder, "model.gguf"))
        shutil.copy(matrix, os.path.join(folder, "imatrix.gguf"))
        with open(os.path.join(folder, "RULES"), "w") as rules:
            rules.write(RULES)
        for file_type, options in CASES:
            command = [os.path.abspath(tool), *options.split(), "model.gguf", "out.gguf", file_type, "2"]
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            out = os.path.join(folder, "out.gguf")
            with open(out, "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            cases.append({"type": file_type, "options": options, "sha256": digest})
            os.remove(out)
    json.dump({"reference": "llama.cpp of 2026-10-01 (0c1e570)", "rules": RULES, "cases": cases}, sys.stdout, indent=1)
    print()


main(*sys.argv[1:])

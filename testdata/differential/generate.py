#!/usr/bin/env python3
"""Writes cases/: random configurations of every family, with what the reference and transformers make of them.

usage: generate.py LLAMA_CPP SCRATCH [--out FOLDER] [--seeds FIRST-LAST] [--family NAME]... [--keep]

A file is for a family, and a line of it for a case: a folder of ../families with another config.json (families.py beside this file draws it from the seed) and
with the tensors that transformers has for it, whose weights follow from their names (generate_reference.py there).
Stored are

  seed, family, base   the folder's other files come from ../families/BASE
  config, tensors      config.json, and lines of tensors.txt
  sha256               of the reference converter's file in F32 and in the checkpoint's own type, or why it fails
  logits               transformers' logits of the last positions of a text in F32, every STRIDE-th of the vocabulary

The same seed gives the same case. DifferentialTest.java compares; -Dzonda.differential=FOLDER has it take other cases.
"""
import argparse
import base64
import contextlib
import gzip
import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
HERE = Path(__file__).resolve().parent
FAMILIES = HERE.parent / "families"
sys.path[:0] = [str(FAMILIES), str(HERE), str(HERE.parent)]

import numpy as np
import torch
import transformers

import families
import generate_reference
import renamed
import published  # noqa: registers classes of networks that transformers has none for

SMALLER = 2
LENGTH = 40
POSITIONS = 2
STRIDE = 7


def token(i, vocabulary):
    return (i * i + 3 * i + 1) % vocabulary


def model_class(config):
    if config.model_type.endswith("_thinker"):
        name = "Qwen2_5Omni" if config.model_type.startswith("qwen2_5") else "Qwen3OmniMoe"
        return getattr(transformers, name + "ThinkerForConditionalGeneration")
    if hasattr(config, "vision_config"):
        return transformers.AutoModelForImageTextToText
    if hasattr(config, "audio_config"):
        return getattr(transformers, config.architectures[0])
    return transformers.AutoModelForCausalLM


def config_of(folder):
    """That of the part that writes text."""
    own = renamed.kind_of(folder)
    if own:
        return renamed.own_config(folder, own)
    config = transformers.AutoConfig.from_pretrained(folder)
    return getattr(config, "thinker_config", config)


def tensors_of(folder, case):
    """Lines of tensors.txt: what transformers saves for a model of this configuration."""
    config = config_of(folder)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    kind = model_class(config)
    model = getattr(kind, "from_config", getattr(kind, "_from_config", None))(config, dtype=torch.float32)
    with tempfile.TemporaryDirectory() as saved:
        model.save_pretrained(saved, max_shard_size="10GB", save_original_format=not case.fused)
        shapes = {}
        for file in sorted(Path(saved).glob("*.safetensors")):
            with open(file, "rb") as f:
                size = int.from_bytes(f.read(8), "little")
                header = json.loads(f.read(size))
            shapes.update({name: entry["shape"] for name, entry in header.items() if name != "__metadata__"})
    own = renamed.kind_of(folder)
    if own:
        shapes = own.own_shapes(shapes)
    shapes = case.stored(shapes | case.more_tensors(shapes))
    names = sorted(shapes)
    count = case.files
    lines = []
    for i, name in enumerate(names):
        # The converter takes scales of MXFP4 for those of the blocks that it has read last.
        i = names.index(name.replace("_scales", "_blocks")) if case.base.startswith("gpt_oss") else i
        file = "model.safetensors" if count == 1 else f"model-{i % count + 1:05}-of-{count:05}.safetensors"
        shape = ",".join(map(str, shapes[name])) or "-"
        lines.append(f"{file} {case.dtype_of(name)} {shape} {name}")
    return sorted(lines)


def logits(folder):
    if published.bitnet.is_bitnet(folder):
        model, unexpected = published.bitnet.load(folder)
        return last_logits(model, model.config.vocab_size), unexpected
    own = renamed.kind_of(folder)
    if own:
        folder = renamed.known(folder, own)
    config = config_of(folder)
    model, report = model_class(config).from_pretrained(
        folder, config=config, dtype=torch.float32, attn_implementation="eager", output_loading_info=True,
        **({"quantization_config": transformers.Mxfp4Config(dequantize=True)}
           if getattr(config, "quantization_config", None) else {}))
    missing = [name for name in report["missing_keys"] if not (own and own.is_other(name))]
    if missing or report["mismatched_keys"]:
        raise ValueError(f"transformers does not load it: {report}")
    vocabulary = config.get_text_config().vocab_size
    # What sees images wants some; its text part is a model of its own.
    text = model.language_model if config.model_type == "llama4" else model
    if config.model_type == "mpt":
        # transformers stores alibi_bias_max but computes with 8; the model's own code and llama.cpp read it.
        slopes = text.transformer.build_mpt_alibi_tensor
        text.transformer.build_mpt_alibi_tensor = lambda heads, length, device=None: slopes(
            heads, length, config.attn_config.alibi_bias_max, device)
    if config.model_type == "phimoe":
        # transformers takes the factors for short texts in long ones, too; the model's own code and llama.cpp do not.
        rotary = text.model.rotary_emb
        plain = rotary.rope_init_fn
        rotary.rope_init_fn = lambda config: plain(config, seq_len=LENGTH)
    more = renamed.options(own, LENGTH)
    kinds = set(getattr(config.get_text_config(), "layer_types", None) or ())
    if "conv" in kinds or kinds == {"linear_attention"}:
        # Its cache asks attention for the length of the text, and there may be no attention.
        more["use_cache"] = False
    return last_logits(text, vocabulary, **more), sorted(report["unexpected_keys"])


def last_logits(model, vocabulary, **more):
    ids = torch.tensor([[token(i, vocabulary) for i in range(LENGTH)]])
    with torch.no_grad():
        found = model.float().eval()(input_ids=ids, **more).logits[0, -POSITIONS:, ::STRIDE]
    return found.contiguous().numpy().astype("<f4")


class Converter:
    """The reference's converter, in this process."""

    def __init__(self, llama_cpp):
        sys.path[:0] = [str(llama_cpp), str(llama_cpp / "gguf-py")]
        import convert_hf_to_gguf
        from conversion.base import ModelBase, TextModel
        of_class = ModelBase.load_hparams
        ModelBase.load_hparams = staticmethod(
            lambda folder, is_mistral_format: json.loads((folder / "config.json").read_text())
            if self.as_it_stands else of_class(folder, is_mistral_format))
        import ranks
        ranks.patch()
        self.main = convert_hf_to_gguf.main
        from conversion.baichuan import BaichuanModel
        renamed.take_tokenizers()
        renamed.sort_heads()
        TextModel.get_vocab_base_pre = lambda model, tokenizer: self.pre
        own = BaichuanModel.modify_tensors
        # It calls itself without end for all tensors but these.
        BaichuanModel.modify_tensors = lambda model, values, name, layer: (
            own if "W_pack" in name else TextModel.modify_tensors)(model, values, name, layer)
        self.pre = ""
        self.as_it_stands = False
        self.keep_norms()
        # What classes keep from one model to the next: numbers of layers, experts that were not all there.
        from conversion.llama import ApertusModel
        from conversion.lfm2 import LFM2MoeModel
        self.kept = [LFM2MoeModel._experts_cache, ApertusModel._alpha_n, ApertusModel._alpha_p, ApertusModel._beta, ApertusModel._eps]

    @staticmethod
    def keep_norms():
        """StableLM's makes tensors of the norms of all heads, forgets them, and fails."""
        from conversion.stablelm import StableLMModel
        made = StableLMModel.modify_tensors

        def kept(*arguments):
            forgotten = yield from made(*arguments)
            yield from forgotten or ()
        StableLMModel.modify_tensors = kept

    def sha256(self, folder, outtype, pre):
        """The hash of the file, or a line that says why there is none."""
        self.pre = pre
        for numbers in self.kept:
            numbers.clear()
        out = folder.with_name(f"out-{outtype}.gguf")
        out.unlink(missing_ok=True)
        sys.argv = ["convert", str(folder), "--outfile", str(out), "--outtype", outtype]
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), published.hidden():
                self.main()
            return hashlib.sha256(out.read_bytes()).hexdigest()
        except (Exception, SystemExit) as e:
            return f"fails: {type(e).__name__}: {str(e).splitlines()[0] if str(e) else ''}"[:200]


def case_of(seed, family, scratch, converter, keep):
    case = families.draw(family, seed)
    source, folder = scratch / f"source-{family}-{seed}", scratch / f"{family}-{seed}" / "model"
    for old in (source, folder.parent):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(FAMILIES / case.base, source)
    (source / "config.json").write_text(json.dumps(case.config, indent=1))
    (source / "tensors.txt").unlink()
    lines = tensors_of(source, case)
    (source / "tensors.txt").write_text("\n".join(lines) + "\n")
    generate_reference.complete(source, folder, SMALLER, {})
    found, unexpected = logits(folder)
    if not np.isfinite(found).all():
        raise ValueError("logits are not finite")
    pre = generate_reference.PRE_TOKENIZERS.get(case.base, "")
    converter.as_it_stands = case.base in generate_reference.AS_IT_STANDS
    convertible = folder
    if case.base in generate_reference.PATCHES:
        convertible = folder.with_name("patched") / "model"
        source_of_patch = source.with_name(case.base)
        shutil.rmtree(source_of_patch, ignore_errors=True)
        source.rename(source_of_patch)
        generate_reference.complete(source_of_patch, convertible, SMALLER)
        source = source_of_patch
    hashes = {outtype: f"fails: {case.misread}" if case.misread else converter.sha256(convertible, outtype, pre)
              for outtype in ("f32", "auto")}
    shutil.rmtree(source)
    if not keep:
        shutil.rmtree(folder.parent)
    return {
        "seed": seed, "family": family, "base": case.base, "config": case.config, "tensors": lines,
        "unexpected": unexpected, "sha256": hashes,
        "logits": base64.b64encode(found.tobytes()).decode(),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("llama_cpp", type=Path)
    parser.add_argument("scratch", type=Path)
    parser.add_argument("--out", type=Path, default=HERE / "cases")
    parser.add_argument("--seeds", default="0-19")
    parser.add_argument("--family", action="append")
    parser.add_argument("--keep", action="store_true", help="keep the folders in SCRATCH")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    first, last = (int(n) for n in options.seeds.split("-"))
    options.scratch.mkdir(parents=True, exist_ok=True)
    converter = Converter(options.llama_cpp)
    options.out.mkdir(parents=True, exist_ok=True)
    count, failures = 0, []
    for family in options.family or families.names():
        cases = []
        for seed in range(first, last + 1):
            try:
                cases.append(case_of(seed, family, options.scratch, converter, options.keep))
                print(seed, family, cases[-1]["sha256"]["f32"][:60], flush=True)
            except Exception as e:
                failures.append((seed, family))
                print(seed, family, "FAILS:", type(e).__name__, str(e)[:300].replace("\n", " "), flush=True)
                if os.environ.get("TRACE"):
                    traceback.print_exc()
        with gzip.GzipFile(options.out / f"{family}.jsonl.gz", "wb", mtime=0) as out:
            for case in cases:
                out.write((json.dumps(case, separators=(",", ":")) + "\n").encode())
        count += len(cases)
    print(count, "cases,", len(failures), "configurations that transformers does not take:", failures)


main()

#!/usr/bin/env python3
"""Writes storages.json and logits.safetensors: tiny networks whose weights are stored in every form that zonda reads.

usage: generate.py SCRATCH [FORM...]

Of each form there are two networks of random sizes: a configuration, and type, shape and name of tensors, from which
weights follow as those in ../families do (SeededCheckpoint.java, generate_reference.py). The other files of a folder
are those of a family there. A tensor of logits.safetensors holds the logits of every fifth token at the last two
positions.

They are what transformers computes in F32, of weights that stand in single precision. Forms that it loads without
an accelerator (plain numbers, and MXFP4) it loads itself. For the others it needs an accelerator, a library of the
form, or rounds weights to 16 bits; there the form's own definition, written down below, makes plain numbers first.
With the packages compressed-tensors and accelerate, transformers loads more of the folders as they are: the script
prints how far those logits are from the ones that it writes. That is 0 but where transformers quantizes activations,
too (compressed-8), or leaves out scales that are called otherwise than it expects (fp8-old-cache, fp8-e5m2).
"""
import json
import random
import re
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM, Mxfp4Config

HERE = Path(__file__).parent
FAMILIES = HERE.parent / "families"
sys.path.insert(0, str(FAMILIES))
import generate_reference  # noqa: E402

SMALLER = 2
LENGTH = 40
POSITIONS = 2
STEP = 5
VOCABULARY = 560
AWQ_ORDER = [0, 2, 4, 6, 1, 3, 5, 7]
LINEAR = ["mlp.down_proj", "mlp.gate_proj", "mlp.up_proj",
          "self_attn.k_proj", "self_attn.o_proj", "self_attn.q_proj", "self_attn.v_proj"]


# How a linear module is stored: lines of (end of the name, type, shape) for so many outputs and inputs.

def plain(dtype):
    return lambda out, inp: [(".weight", dtype, [out, inp])]


def scaled(dtype, *parts):
    return lambda out, inp: [(".weight", dtype, [out, inp])] + [(e, kind, shape(out, inp)) for e, kind, shape in parts]


def gptq(bits, size, index):
    def parts(out, inp):
        groups = inp // size if size else 1
        return ([(".qweight", "I32", [inp * bits // 32, out]), (".qzeros", "I32", [groups, out * bits // 32]),
                 (".scales", f"F16/{max(bits - 2, 0)}", [groups, out])] + [(".g_idx", "I32", [inp])] * index)
    return parts


def awq(size):
    return lambda out, inp: [(".qweight", "I32", [inp, out // 8]), (".qzeros", "I32", [inp // size, out // 8]),
                             (".scales", "F16/2", [inp // size, out])]


def packed(bits, size, zeros=False, index=False):
    def parts(out, inp):
        groups = inp // size if size else 1
        return ([(".weight_packed", "I32", [out, -(-inp * bits // 32)]),
                 (".weight_scale", f"BF16/{bits - 2}", [out, groups]), (".weight_shape", f"I64:{out}:{inp}", [2])]
                + [(".weight_zero_point", "I32", [-(-out * bits // 32), groups])] * zeros
                + [(".weight_g_idx", "I32&3", [inp])] * index)
    return parts


def compressed(fmt, groups, **more):
    return {"quant_method": "compressed-tensors", "format": fmt, "quantization_status": "compressed",
            "ignore": ["lm_head"], "config_groups": {f"group_{i}": g for i, g in enumerate(groups)}} | more


def group(bits, strategy, symmetric=True, size=None, targets=("Linear",), kind="int", **more):
    weights = {"num_bits": bits, "type": kind, "symmetric": symmetric, "strategy": strategy, "group_size": size,
               "dynamic": False}
    return {"targets": list(targets), "weights": weights | more.pop("weights", {})} | more


def ceiling(out, inp):
    return [-(-out // 20), -(-inp // 24)]


CACHE = [("self_attn.k_scale", "F32", []), ("self_attn.v_scale", "F32", [])]
TOKENS = {"num_bits": 8, "dynamic": True, "strategy": "token"}
KV = {"num_bits": 8, "type": "float", "strategy": "tensor", "symmetric": True, "dynamic": False}
# Masked so that no byte is infinite or not a number; where minus zero is none, all are positive.
E4M3, E4M3FNUZ, E5M2 = "F8_E4M3&B7", "F8_E4M3FNUZ&37", "F8_E5M2&BF"

# A form: what sizes are multiples of, quantization_config, how modules are stored, those stored otherwise, and
# tensors of each layer that say nothing of the weights.
FORMS = {
    "f64": (4, None, plain("F64"), {}, []),
    "f32": (4, None, plain("F32"), {}, []),
    "f16": (4, None, plain("F16"), {}, []),
    "bf16": (4, None, plain("BF16"), {}, []),
    "fp8-tensor": (
        4, {"quant_method": "fp8", "activation_scheme": "static", "modules_to_not_convert": ["lm_head"]},
        scaled(E4M3, (".weight_scale_inv", "F32", lambda out, inp: []), (".activation_scale", "F32", lambda *_: [])),
        {"mlp.down_proj": plain("BF16")}, []),
    "fp8-old-cache": (
        4, {"quant_method": "fp8", "activation_scheme": "static", "ignored_layers": ["lm_head"]},
        scaled(E4M3, (".weight_scale", "F32", lambda out, inp: [1]), (".input_scale", "F32", lambda *_: [1])),
        {}, [("self_attn.kv_scale", "F32", [1])]),
    "fp8-blocks": (
        4, {"quant_method": "fp8", "activation_scheme": "dynamic", "fmt": "e4m3", "weight_block_size": [20, 24]},
        scaled(E4M3, (".weight_scale_inv", "F32", ceiling)), {}, []),
    "fp8-powers-of-two": (
        4, {"quant_method": "fp8", "activation_scheme": "dynamic", "scale_fmt": "ue8m0", "weight_block_size": [20, 24]},
        scaled(E4M3, (".weight_scale_inv", "F8_E8M0", ceiling)), {}, []),
    "fp8-e5m2": (
        4, {"quant_method": "fp8", "activation_scheme": "dynamic"},
        scaled(E5M2, (".weight_scale", "F32/1", lambda out, inp: [])), {}, []),
    "fp8-unsigned-zero": (
        4, {"quant_method": "fp8", "activation_scheme": "dynamic"},
        scaled(E4M3FNUZ, (".weight_scale", "F32", lambda out, inp: [out, 1])), {}, []),
    "fp8-rows": (
        4, {"quant_method": "fbgemm_fp8", "activation_scale_ub": 1200.0, "modules_to_not_convert": ["lm_head"]},
        scaled(E4M3, (".weight_scale", "F32", lambda out, inp: [out, 1]), (".input_scale_ub", "F32", lambda *_: [1])),
        {}, []),
    "gptq-4": (
        32, {"quant_method": "gptq", "bits": 4, "group_size": 16, "desc_act": True, "sym": False},
        gptq(4, 16, True), {}, []),
    "gptq-2": (
        32, {"quant_method": "gptq", "bits": 2, "group_size": 32, "desc_act": False, "sym": False,
             "checkpoint_format": "gptq_v2"}, gptq(2, 32, False), {}, CACHE),
    "gptq-3": (
        32, {"quant_method": "gptq", "bits": 3, "group_size": -1, "desc_act": False, "sym": True},
        gptq(3, 0, False), {}, []),
    "gptq-dynamic": (
        32, {"quant_method": "gptq", "bits": 4, "group_size": 32, "desc_act": False, "sym": True,
             "checkpoint_format": "gptq", "dynamic": {
                 "-:.*\\.self_attn\\.o_proj": {}, "+:.*\\.mlp\\.down_proj": {"bits": 8, "group_size": 16},
                 ".*\\.0\\.self_attn\\.v_proj$": {"bits": 8}, "+:.*\\.v_proj": {"bits": 8}}},
        gptq(4, 32, False),
        {"mlp.down_proj": gptq(8, 16, False), "self_attn.o_proj": plain("F16"), "self_attn.v_proj": gptq(8, 32, False)},
        []),
    "awq-4": (
        32, {"quant_method": "awq", "version": "gemm", "bits": 4, "group_size": 16, "zero_point": True},
        awq(16), {}, CACHE),
    "compressed-4": (
        8, compressed("pack-quantized", [group(4, "group", size=8)], kv_cache_scheme=KV), packed(4, 8), {},
        CACHE + [("self_attn.q_scale", "F32", []), ("self_attn.prob_scale", "F32", [])]),
    "compressed-4-order": (
        32, compressed("pack-quantized", [group(4, "group", False, size=16, weights={"actorder": "group"})]),
        packed(4, 16, True, True), {}, []),
    "compressed-3": (
        4, compressed("pack-quantized", [group(3, "channel", False)]), packed(3, 0, True), {}, []),
    "compressed-8": (
        4, compressed("int-quantized", [group(8, "channel", input_activations=TOKENS)]),
        scaled("I8", (".weight_scale", "BF16/6", lambda out, inp: [out, 1])), {}, []),
    "compressed-8-zeros": (
        4, compressed("int-quantized", [group(8, "channel", False, input_activations=TOKENS)]),
        scaled("I8", (".weight_scale", "BF16/6", lambda out, inp: [out, 1]),
               (".weight_zero_point", "I8&1F", lambda out, inp: [out, 1])), {}, []),
    "compressed-fp8": (
        4, compressed("float-quantized", [group(8, "tensor", kind="float")]),
        scaled(E4M3, (".weight_scale", "BF16", lambda *_: [1]), (".input_scale", "BF16", lambda *_: [1])), {}, []),
    "compressed-fp8-blocks": (
        4, compressed("float-quantized", [group(8, "block", kind="float", weights={"block_structure": [20, 24]})]),
        scaled(E4M3, (".weight_scale", "BF16", ceiling)), {}, []),
    "compressed-mixed": (
        8, compressed("mixed-precision", [
            group(4, "group", size=8, targets=["re:.*self_attn.*"], format="pack-quantized"),
            group(8, "channel", kind="float", targets=["Linear"], format="float-quantized"),
            group(8, "channel", targets=["re:.*mlp\\.down_proj$"], format="int-quantized")]),
        packed(4, 8),
        {"mlp.down_proj": scaled("I8", (".weight_scale", "BF16/6", lambda out, inp: [out, 1])),
         "mlp.gate_proj": scaled(E4M3, (".weight_scale", "BF16", lambda out, inp: [out, 1])),
         "mlp.up_proj": scaled(E4M3, (".weight_scale", "BF16", lambda out, inp: [out, 1]))}, []),
    "mxfp4": (32, {"quant_method": "mxfp4"}, None, {}, []),
}


def llama(form, rng):
    step, quantization, usual, others, more = FORMS[form]
    head = rng.choice([32, 64]) if step == 32 else rng.choice([16, 24, 32])
    hidden, inner = step * rng.randint(-(-64 // step), 128 // step), step * rng.randint(-(-96 // step), 224 // step)
    heads, layers = rng.choice([n for n in (2, 3, 4, 6) if hidden % n == 0]), rng.randint(1, 3)
    keys = rng.choice([n for n in (1, 2, 3) if heads % n == 0])
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": hidden,
        "intermediate_size": inner, "num_hidden_layers": layers, "num_attention_heads": heads,
        "num_key_value_heads": keys, "head_dim": head, "max_position_embeddings": 2048,
        "rms_norm_eps": rng.choice([1e-5, 1e-6]), "rope_theta": rng.choice([10000.0, 500000.0]),
        "tie_word_embeddings": False, "bos_token_id": 545, "eos_token_id": 546, "vocab_size": VOCABULARY}
    if quantization is not None:
        config["quantization_config"] = quantization
    sizes = {"mlp.down_proj": (hidden, inner), "mlp.gate_proj": (inner, hidden), "mlp.up_proj": (inner, hidden),
             "self_attn.k_proj": (keys * head, hidden), "self_attn.o_proj": (hidden, heads * head),
             "self_attn.q_proj": (heads * head, hidden), "self_attn.v_proj": (keys * head, hidden)}
    dtype = {"f64": "F64", "f32": "F32", "f16": "F16"}.get(form, "BF16")
    each = f"model.layers.{{0-{layers - 1}}}."
    tensors = [("lm_head.weight", dtype, [VOCABULARY, hidden]),
               ("model.embed_tokens.weight", dtype, [VOCABULARY, hidden]), ("model.norm.weight", dtype, [hidden]),
               (each + "input_layernorm.weight", dtype, [hidden]),
               (each + "post_attention_layernorm.weight", dtype, [hidden])]
    for module in LINEAR:
        parts = others.get(module, usual)(*sizes[module])
        tensors += [(each + module + end, kind, shape) for end, kind, shape in parts]
    return "llama3", config, tensors + [(each + name, kind, shape) for name, kind, shape in more]


def gpt_oss(rng):
    hidden, inner, head = 32 * rng.randint(2, 3), 32 * rng.randint(1, 3), rng.choice([16, 32])
    keys, layers, experts = rng.choice([1, 2]), rng.randint(1, 2), rng.randint(3, 5)
    heads = keys * rng.choice([1, 2])
    config = json.loads((FAMILIES / "gpt_oss" / "config.json").read_text()) | {
        "hidden_size": hidden, "intermediate_size": inner, "head_dim": head, "num_key_value_heads": keys,
        "num_attention_heads": heads, "num_hidden_layers": layers, "num_local_experts": experts,
        "layer_types": ["sliding_attention", "full_attention"][:layers]}
    each = f"model.layers.{{0-{layers - 1}}}."
    tensors = [("lm_head.weight", [VOCABULARY, hidden]), ("model.embed_tokens.weight", [VOCABULARY, hidden]),
               ("model.norm.weight", [hidden]), (each + "input_layernorm.weight", [hidden]),
               (each + "post_attention_layernorm.weight", [hidden]), (each + "mlp.router.bias", [experts]),
               (each + "mlp.router.weight", [experts, hidden]), (each + "self_attn.sinks", [heads])]
    for name, out, inp in (("down_proj", hidden, inner), ("gate_up_proj", 2 * inner, hidden)):
        stem = each + "mlp.experts." + name
        tensors += [(stem + "_bias", [experts, out]), (stem + "_blocks", "U8", [experts, out, inp // 32, 16]),
                    (stem + "_scales", "U8", [experts, out, inp // 32])]
    for name, out, inp in (("q", heads * head, hidden), ("k", keys * head, hidden), ("v", keys * head, hidden),
                           ("o", hidden, heads * head)):
        stem = f"{each}self_attn.{name}_proj."
        tensors += [(stem + "weight", [out, inp]), (stem + "bias", [out])]
    return "gpt_oss", config, [(t[0], t[1] if len(t) == 3 else "BF16", t[-1]) for t in tensors]


# The definitions of the forms: numbers of a few bits lie one behind the other, from the lowest bit on.

def numbers(words, bits, dim):
    words = words.movedim(dim, -1).long()
    singles = words.unsqueeze(-1) >> torch.arange(32) & 1
    singles = singles.flatten(-2)
    whole = singles[..., : singles.shape[-1] // bits * bits].unflatten(-1, (-1, bits))
    return (whole << torch.arange(bits)).sum(-1).movedim(-1, dim)


def from_gptq(parts, module, quantization):
    shared = quantization
    for rule, own in quantization.get("dynamic", {}).items():
        if not rule.startswith("-:") and re.match(rule.removeprefix("+:"), module):
            shared = quantization | own
            break
    number = numbers(parts["qweight"], shared["bits"], 0)
    zero = numbers(parts["qzeros"], shared["bits"], 1) + (quantization.get("checkpoint_format", "gptq") == "gptq")
    size = shared["group_size"] if shared["group_size"] > 0 else number.shape[0]
    index = parts.get("g_idx", torch.arange(number.shape[0]) // size).long()
    return (parts["scales"].float()[index] * (number - zero[index])).T


def from_awq(parts, quantization):
    def in_order(words):
        nibbles = numbers(words, 4, 1).unflatten(1, (-1, 8))
        return nibbles[..., [AWQ_ORDER.index(i) for i in range(8)]].flatten(1)
    index = torch.arange(parts["qweight"].shape[0]) // quantization["group_size"]
    number, zero = in_order(parts["qweight"]), in_order(parts["qzeros"])
    return (parts["scales"].float()[index] * (number - zero[index])).T


def from_packed(parts, bits):
    rows, columns = parts["weight_shape"].tolist()
    number = numbers(parts["weight_packed"], bits, 1)[:, :columns]
    scale = parts["weight_scale"].float()
    if "weight_zero_point" in parts:
        zero = numbers(parts["weight_zero_point"], bits, 0)[:rows]
    else:
        zero = torch.full_like(scale, 1 << bits - 1)
    index = parts.get("weight_g_idx", torch.arange(columns) // (columns // scale.shape[1])).long()
    return (number - zero[:, index]) * scale[:, index]


def from_bytes(parts):
    weight = parts["weight"].float()
    scale = next(v for k, v in parts.items() if k.startswith("weight_scale")).float()
    if scale.numel() == 1:
        scale = scale.reshape(1, 1)
    zero = parts.get("weight_zero_point", torch.zeros_like(scale)).float()
    extents = [20, 24] if min(scale.shape) > 1 else [-(-weight.shape[i] // scale.shape[i]) for i in range(2)]

    def spread(values):
        for i in range(2):
            values = values.repeat_interleave(extents[i], i)
        return values[: weight.shape[0], : weight.shape[1]]
    return (weight - spread(zero)) * spread(scale)


def plain_weights(form, tensors, config):
    """The tensors of the network in single precision."""
    quantization = config["quantization_config"]
    modules = {}
    for name, values in tensors.items():
        module, _, end = name.rpartition(".")
        modules.setdefault(module, {})[end] = values
    weights = {}
    for module, parts in modules.items():
        if "qweight" in parts and quantization["quant_method"] == "gptq":
            weights[module + ".weight"] = from_gptq(parts, module, quantization)
        elif "qweight" in parts:
            weights[module + ".weight"] = from_awq(parts, quantization)
        elif "weight_packed" in parts:
            weights[module + ".weight"] = from_packed(parts, 3 if form == "compressed-3" else 4)
        elif any(end.startswith("weight_scale") for end in parts):
            weights[module + ".weight"] = from_bytes(parts)
        elif "weight" in parts:
            weights[module + ".weight"] = parts["weight"].float()
    return weights


def logits(model):
    ids = torch.tensor([[(i * i + 3 * i + 1) % VOCABULARY for i in range(LENGTH)]])
    with torch.no_grad():
        return model.eval()(input_ids=ids).logits[0, -POSITIONS:, ::STEP].contiguous()


def loaded(folder, **options):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", **options)


def by_definition(form, folder, config):
    settings = AutoConfig.for_model(**{k: v for k, v in config.items() if k != "quantization_config"})
    model = AutoModelForCausalLM.from_config(settings, attn_implementation="eager", dtype=torch.float32)
    model.load_state_dict(plain_weights(form, load_file(folder / "model.safetensors"), config))
    return model


def main():
    scratch = Path(sys.argv[1])
    wanted = sys.argv[2:] or list(FORMS)
    stored, golden = HERE / "storages.json", HERE / "logits.safetensors"
    storages = json.loads(stored.read_text()) if stored.exists() else {}
    results = load_file(golden) if golden.exists() else {}
    for name, form in [(f"{form}-{i}", form) for form in wanted for i in (1, 2)]:
        rng = random.Random(name)
        family, config, tensors = gpt_oss(rng) if form == "mxfp4" else llama(form, rng)
        lines = [f"{kind} {','.join(map(str, shape)) or '-'} {tensor}" for tensor, kind, shape in tensors]
        storages[name] = {"family": family, "config": config, "tensors": lines}
        source, folder = scratch / f"{name}.source", scratch / name
        for old in (source, folder):
            shutil.rmtree(old, ignore_errors=True)
        shutil.copytree(FAMILIES / family, source)
        (source / "config.json").write_text(json.dumps(config))
        (source / "tensors.txt").write_text("\n".join("model.safetensors " + line for line in lines))
        generate_reference.complete(source, folder, SMALLER, {})
        if form == "mxfp4":
            results[name] = logits(loaded(folder, quantization_config=Mxfp4Config(dequantize=True)).float())
        elif "quantization_config" not in config:
            results[name] = logits(loaded(folder))
        else:
            results[name] = logits(by_definition(form, folder, config))
        print(name, "deviation %.2f" % results[name].std().item(), end=" ", flush=True)
        if "quantization_config" in config and form != "mxfp4":
            try:
                print("as transformers loads it %.1e" % (logits(loaded(folder)) - results[name]).abs().max().item())
            except Exception as e:  # whatever it is, it is only printed
                print("transformers does not load it:", repr(e)[:100])
        else:
            print()
    text = ",\n".join(f"{json.dumps(k)}: {json.dumps(storages[k], separators=(',', ':'))}" for k in sorted(storages))
    stored.write_text("{\n" + text + "\n}\n")
    save_file(dict(sorted(results.items())), golden)


main()

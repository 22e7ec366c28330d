"""Writes mixtures.json: which type llama-quantize gives to each tensor of well-known models.

Usage: generate_mixtures.py LLAMA_QUANTIZE IMATRIX.gguf > mixtures.json

The models are headers only (sparse files with the real shapes), and the tool only plans
(--dry-run). Types that a tensor keeps are left out. Names of tensors with equal types stand
together; types run over the layers, `Q6_K*4` being four of them.
"""

import json, os, re, struct, sys, tempfile

from mixture_plans import plan

TYPES = """F16 Q8_0 Q4_0 Q4_1 Q5_0 Q5_1 Q2_K Q2_K_S Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M Q5_K_S Q5_K_M
Q6_K IQ1_S IQ1_M IQ2_XXS IQ2_XS IQ2_S IQ2_M IQ3_XXS IQ3_XS IQ3_S IQ3_M IQ4_NL IQ4_XS TQ1_0 TQ2_0
MXFP4_MOE Q1_0 Q2_0""".split()


def model(name, arch, layers, embd, heads, kv, head_dim, ff, vocab, **more):
    a = f"{arch}."
    keys = {
        "general.architecture": arch, a + "block_count": layers, a + "context_length": 4096,
        a + "embedding_length": embd, a + "feed_forward_length": ff,
        a + "attention.head_count": heads, a + "attention.head_count_kv": kv,
        a + "attention.layer_norm_rms_epsilon": 1e-5, a + "attention.layer_norm_epsilon": 1e-5,
        **{a + k: v for k, v in more.get("keys", {}).items()},
    }
    experts = more.get("experts", 0)
    if experts:
        keys |= {a + "expert_count": experts, a + "expert_used_count": 2}
    tensors = {"token_embd.weight": [vocab, embd], "output_norm.weight": [embd]}
    if not more.get("tied"):
        tensors["output.weight"] = [vocab, embd]
    b = "blk.N."
    tensors[b + "attn_norm.weight"] = [embd]
    style = more.get("attention", "separate")
    if style == "fused":
        tensors[b + "attn_qkv.weight"] = [(heads + 2 * kv) * head_dim, embd]
        tensors[b + "attn_output.weight"] = [embd, heads * head_dim]
    elif style == "absorbed":  # Latent attention, with the two halves of kv_b apart.
        tensors[b + "attn_q_a.weight"] = [1536, embd]
        tensors[b + "attn_q_a_norm.weight"] = [1536]
        tensors[b + "attn_q_b.weight"] = [heads * 192, 1536]
        tensors[b + "attn_kv_a_mqa.weight"] = [576, embd]
        tensors[b + "attn_kv_a_norm.weight"] = [512]
        tensors[b + "attn_k_b.weight"] = [heads, 512, 128]
        tensors[b + "attn_v_b.weight"] = [heads, 128, 512]
        tensors[b + "attn_output.weight"] = [embd, heads * 128]
    elif style == "latent":
        tensors[b + "attn_q.weight"] = [heads * 192, embd]
        tensors[b + "attn_kv_a_mqa.weight"] = [576, embd]
        tensors[b + "attn_kv_a_norm.weight"] = [512]
        tensors[b + "attn_kv_b.weight"] = [heads * 256, 512]
        tensors[b + "attn_output.weight"] = [embd, heads * 128]
    else:
        tensors[b + "attn_q.weight"] = [heads * head_dim, embd]
        tensors[b + "attn_k.weight"] = [kv * head_dim, embd]
        tensors[b + "attn_v.weight"] = [kv * head_dim, embd]
        tensors[b + "attn_output.weight"] = [embd, heads * head_dim]
    if more.get("bias"):
        tensors[b + "attn_v.bias"] = [kv * head_dim]
    if experts:
        xff = more.get("expert_ff", ff)
        shared = more.get("shared", 0)
        dense = more.get("dense", 0)
        if dense:
            tensors["blk.DENSE.ffn_gate.weight"] = [ff, embd]
            tensors["blk.DENSE.ffn_up.weight"] = [ff, embd]
            tensors["blk.DENSE.ffn_down.weight"] = [embd, ff]
            b = "blk.SPARSE."
            tensors[b + "exp_probs_b.bias"] = [experts]
        tensors[b + "ffn_gate_inp.weight"] = [experts, embd]
        tensors[b + "ffn_gate_exps.weight"] = [experts, xff, embd]
        tensors[b + "ffn_up_exps.weight"] = [experts, xff, embd]
        tensors[b + "ffn_down_exps.weight"] = [experts, embd, xff]
        if shared:
            tensors[b + "ffn_gate_shexp.weight"] = [shared * xff, embd]
            tensors[b + "ffn_up_shexp.weight"] = [shared * xff, embd]
            tensors[b + "ffn_down_shexp.weight"] = [embd, shared * xff]
    else:
        if not more.get("no_gate"):
            tensors[b + "ffn_gate.weight"] = [ff, embd]
        tensors[b + "ffn_up.weight"] = [ff * more.get("up", 1), embd]
        tensors[b + "ffn_down.weight"] = [embd, ff]
    return {"name": name, "metadata": keys, "layers": layers, "dense_layers": more.get("dense", 0), "tensors": tensors}


LATENT = {"attention.q_lora_rank": 0, "attention.kv_lora_rank": 512, "attention.key_length": 192,
          "attention.value_length": 128, "leading_dense_block_count": 1, "expert_shared_count": 2,
          "expert_feed_forward_length": 1408, "expert_weights_scale": 1.0}

ABSORBED = {"attention.q_lora_rank": 1536, "attention.kv_lora_rank": 512, "attention.key_length": 576,
            "attention.value_length": 512, "attention.key_length_mla": 192,
            "attention.value_length_mla": 128, "leading_dense_block_count": 3,
            "expert_shared_count": 1, "expert_feed_forward_length": 2048,
            "expert_weights_scale": 2.5, "expert_gating_func": 2, "rope.dimension_count": 64}

MODELS = [
    model("Mistral 7B", "llama", 32, 4096, 32, 8, 128, 14336, 32000),
    model("Llama 2 13B", "llama", 40, 5120, 40, 40, 128, 13824, 32000),
    model("Llama 3.1 70B", "llama", 80, 8192, 64, 8, 128, 28672, 128256),
    model("Llama 3.2 1B", "llama", 16, 2048, 32, 8, 64, 8192, 128256, tied=True),
    model("Mixtral 8x7B", "llama", 32, 4096, 32, 8, 128, 14336, 32000, experts=8),
    model("Falcon 7B", "falcon", 32, 4544, 71, 1, 64, 18176, 65024, attention="fused", no_gate=True),
    model("Falcon 40B", "falcon", 60, 8192, 128, 8, 64, 32768, 65024, attention="fused", no_gate=True),
    model("Qwen 2.5 0.5B", "qwen2", 24, 896, 14, 2, 64, 4864, 151936, tied=True, bias=True),
    model("Qwen 2.5 72B", "qwen2", 80, 8192, 64, 8, 128, 29568, 152064, bias=True),
    model("Phi 3 mini", "phi3", 32, 3072, 32, 32, 96, 8192, 32064, attention="fused", no_gate=True,
          up=2, keys={"rope.dimension_count": 96}),
    model("DeepSeek V2 Lite", "deepseek2", 27, 2048, 16, 16, 128, 10944, 102400, experts=64,
          expert_ff=1408, shared=2, attention="latent", keys=LATENT),
    model("Qwen 2.5 7B", "qwen2", 28, 3584, 28, 4, 128, 18944, 152064, bias=True),
    model("DeepSeek R1", "deepseek2", 61, 7168, 128, 1, 128, 18432, 129280, experts=256,
          expert_ff=2048, shared=1, dense=3, attention="absorbed", keys=ABSORBED),
]


def text(s):
    return struct.pack("<Q", len(s)) + s.encode()


def value(v):
    if isinstance(v, str):
        return struct.pack("<I", 8) + text(v)
    if isinstance(v, float):
        return struct.pack("<If", 6, v)
    return struct.pack("<II", 4, v)


def expand(tensors, layers, dense):
    """N stands for all layers, DENSE for the first ones, SPARSE for the others."""
    ranges = {"N": range(layers), "DENSE": range(dense), "SPARSE": range(dense, layers)}
    for name, shape in tensors.items():
        block, _, rest = name.removeprefix("blk.").partition(".")
        if name.startswith("blk."):
            yield from ((f"blk.{layer}.{rest}", shape) for layer in ranges[block])
        else:
            yield name, shape


def write(path, m):
    tensors = list(expand(m["tensors"], m["layers"], m["dense_layers"]))
    head = struct.pack("<IIQQ", 0x46554747, 3, len(tensors), len(m["metadata"]))
    head += b"".join(text(k) + value(v) for k, v in m["metadata"].items())
    offset = 0
    for name, shape in tensors:
        kind, size = (30, 2) if len(shape) > 1 and "gate_inp" not in name else (0, 4)
        for d in shape:
            size *= d
        head += text(name) + struct.pack("<I", len(shape))
        head += b"".join(struct.pack("<Q", d) for d in reversed(shape))
        head += struct.pack("<IQ", kind, offset)
        offset += (size + 31) // 32 * 32
    with open(path, "wb") as out:
        out.write(head)
        out.truncate((len(head) + 31) // 32 * 32 + offset)


def main():
    tool, matrix = sys.argv[1:]
    out = {"models": MODELS}
    with tempfile.TemporaryDirectory() as folder:
        for m in MODELS:
            path = os.path.join(folder, "model.gguf")
            write(path, m)
            m["types"] = {}
            for file_type in TYPES:
                plain = plan(tool, path, file_type, [])
                weighted = plan(tool, path, file_type, ["--imatrix", matrix])
                if plain:
                    m["types"][file_type] = plain
                if weighted != plain:
                    m["types"][file_type + "+imatrix"] = weighted
    text = json.dumps(out, indent=1)
    # Short lists on one line.
    print(re.sub(r"\[\s+([\d,\s]+?)\s+\]", lambda m: "[" + re.sub(r"\s+", " ", m[1]) + "]", text))


main()

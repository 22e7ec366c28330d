"""Draws random configurations: from the published one of a family, with other shapes and other values of fields.

Each family is a function that changes a configuration, here or in a file of drawn/. A field may stay, go (so that its class's default counts), or
change; one in four changes is to something that no published model has, but transformers computes.
"""
import copy
import importlib
import json
import random
from pathlib import Path

FAMILIES = Path(__file__).resolve().parent.parent / "families"
DRAWN = {}


class Case:
    def __init__(self, name, base, seed):
        self.random = random.Random(f"{name} {seed}")
        self.base = base
        self.config = json.loads((FAMILIES / base / "config.json").read_text())
        self.dtype = self.random.choice(["BF16", "BF16", "F16", "F32"])
        self.files = self.random.choice([1, 1, 2, 3])
        self.fused = False
        self.quantize_experts = False
        self.misread = None  # why the reference's converter writes a file that no program loads
        self.output_of = None  # the embedding beside which an output matrix is stored, even if they are tied

    # What functions of families use.

    def text(self):
        return self.config.get("thinker_config", self.config).get("text_config", self.config)

    def chance(self, p):
        return self.random.random() < p

    def pick(self, *values):
        return self.random.choice(values)

    def put(self, **fields):
        self.text().update(fields)

    def maybe(self, p, field, *values):
        """With a probability another value, or none at all."""
        if self.chance(p):
            value = self.random.choice(values + (DROP,))
            if value is DROP:
                self.text().pop(field, None)
            else:
                self.text()[field] = value

    # What generate.py uses.

    def dtype_of(self, name):
        if name.endswith("A_log"):
            # Powers of two: their exponentials are the same on all processors.
            return self.dtype + {"BF16": "&FF80", "F16": "&FC00", "F32": "&FF800000"}[self.dtype]
        return "U8" if name.endswith(("_blocks", "_scales")) else self.dtype

    def stored(self, shapes):
        """The shapes as they are in files: experts in MXFP4 have blocks and scales."""
        if not self.quantize_experts:
            return shapes
        result = {}
        for name, shape in shapes.items():
            if name.endswith(("experts.gate_up_proj", "experts.down_proj")):
                experts, inner, outer = shape
                result[name + "_blocks"] = [experts, outer, inner // 32, 16]
                result[name + "_scales"] = [experts, outer, inner // 32]
            else:
                result[name] = shape
        return result

    def more_tensors(self, shapes):
        if self.output_of in shapes and "lm_head.weight" not in shapes:
            return {"lm_head.weight": shapes[self.output_of]}
        return {}


DROP = object()


def family(base, name=None):
    def register(function):
        DRAWN[name or function.__name__] = (base, function)
        return function
    return register


def names():
    return list(DRAWN)


def draw(name, seed):
    base, function = DRAWN[name]
    case = Case(name, base, seed)
    function(case)
    finish(case)
    return case


def finish(case):
    torch_dtype = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}[case.dtype]
    for part in (case.config, case.text()):
        part.pop("torch_dtype", None)
        part.pop("dtype", None)
    case.config[case.pick("torch_dtype", "dtype")] = torch_dtype


# Words that families share.

ACTIVATIONS = ("silu", "gelu", "gelu_new", "gelu_pytorch_tanh", "relu")


def heads(case, explicit=True, dims=(8, 16, 24, 32)):
    """Heads of queries and of keys, their length, features of the residual stream."""
    kv = case.pick(1, 1, 2, 2, 3, 4)
    count = kv * case.pick(1, 1, 2, 3, 4)
    length = case.pick(*dims)
    hidden = count * length
    if explicit and case.chance(0.5):
        case.put(head_dim=length)
        hidden = case.pick(32, 48, 64, 96, 160)
    elif explicit:
        case.text().pop("head_dim", None)
        if case.chance(0.2) and case.text()["model_type"] not in ("mixtral", "smollm3"):
            case.put(head_dim=None)
    case.put(num_attention_heads=count, num_key_value_heads=kv, hidden_size=hidden)
    if kv == count and case.text()["model_type"] in ("llama", "phi3"):
        case.maybe(0.5, "num_key_value_heads", None)
    return count, kv, length, hidden


def sizes(case, layers=(1, 2, 3, 4)):
    case.put(num_hidden_layers=case.pick(*layers), intermediate_size=case.pick(48, 64, 72, 96, 136, 192))
    case.maybe(0.3, "rms_norm_eps", 1e-5, 1e-6, 1e-3)


def activation(case, field="hidden_act"):
    if case.chance(0.25):
        case.put(**{field: case.pick(*ACTIVATIONS)})


def tie(case):
    case.maybe(0.6, "tie_word_embeddings", True, False)
    if case.chance(0.2):
        case.output_of = "model.embed_tokens.weight"


def rope(case, types=("linear", "yarn", "llama3", "dynamic"), length=None):
    """Base frequency and scaling, in the older or the newer schema."""
    text = case.text()
    old = {"rope_theta": text.pop("rope_theta", None), **(text.pop("rope_scaling", None) or {}),
           **(text.pop("rope_parameters", None) or {})}
    theta = case.pick(old.get("rope_theta") or 10000.0, 10000, 10000.0, 500000.0, 1e6)
    scaling = {}
    if case.chance(0.5):
        scaling = scaled(case, case.pick(*types))
        if scaling["rope_type"] == "dynamic":
            case.put(max_position_embeddings=case.pick(16, 32, 4096))
    if case.chance(0.5):
        text["rope_parameters"] = {"rope_theta": theta, "rope_type": "default", **scaling}
    else:
        if case.chance(0.9):
            text["rope_theta"] = theta
        if scaling:
            if case.chance(0.3) and scaling["rope_type"] != "llama3":
                scaling["type"] = scaling.pop("rope_type")
            text["rope_scaling"] = scaling
        elif case.chance(0.5):
            text["rope_scaling"] = None


def scaled(case, kind):
    result = {"rope_type": kind, "factor": case.pick(2.0, 4.0, 8, 1.5)}
    if kind == "llama3":
        result |= {"low_freq_factor": case.pick(1.0, 2.0), "high_freq_factor": case.pick(4.0, 8.0),
                   "original_max_position_embeddings": case.pick(32, 64, 8192)}
    if kind == "yarn":
        result["original_max_position_embeddings"] = case.pick(16, 32, 4096)
        for field, values in {
                "beta_fast": (32, 16.0), "beta_slow": (1, 2.0), "attention_factor": (1.0, 1.3, 0.8),
                "mscale": (1.0, 0.707, 2.0), "mscale_all_dim": (1.0, 0.707), "truncate": (True, False)}.items():
            if case.chance(0.3):
                result[field] = case.pick(*values)
        if case.chance(0.3) and "mscale" in result:
            result["mscale_all_dim"] = result["mscale"]
    return result


def window(case, p=0.4):
    if case.chance(p):
        case.put(sliding_window=case.pick(4, 7, 16, 24, None))


def layer_types(case, p=0.3):
    if case.chance(p):
        layers = case.text()["num_hidden_layers"]
        case.put(layer_types=[case.pick("full_attention", "sliding_attention") for _ in range(layers)])
        if not case.text().get("sliding_window"):
            case.put(sliding_window=case.pick(4, 9, 16))


# The families.


@family("llama3")
def llama(case):
    heads(case)
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    case.maybe(0.4, "attention_bias", True, False)
    case.maybe(0.4, "mlp_bias", True, False)


@family("mistral_nemo")
def mistral(case):
    heads(case)
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    window(case, 0.6)


@family("mixtral")
def mixtral(case):
    heads(case)
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    window(case)
    experts = case.pick(1, 2, 3, 8)
    case.put(num_local_experts=experts, num_experts_per_tok=case.random.randint(1, experts))
    case.fused = case.chance(0.3)


def qwen_window(case):
    case.maybe(0.4, "use_sliding_window", True, False)
    window(case, 0.4)
    case.maybe(0.3, "max_window_layers", 0, 1, 2)
    if case.text().get("use_sliding_window"):
        layer_types(case)


@family("qwen2")
def qwen2(case):
    heads(case, explicit=False)
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    qwen_window(case)


@family("qwen3")
def qwen3(case):
    heads(case)
    case.text().setdefault("head_dim", None)
    if case.text()["head_dim"] is None:
        case.put(head_dim=case.pick(8, 16))
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    qwen_window(case)
    case.maybe(0.3, "attention_bias", True, False)


def qwen_experts(case):
    experts = case.pick(2, 4, 8)
    case.put(num_experts=experts, num_experts_per_tok=case.random.randint(1, min(4, experts)),
             moe_intermediate_size=case.pick(16, 24, 48))
    case.maybe(0.4, "norm_topk_prob", True, False)
    case.fused = case.chance(0.3)


@family("qwen2_moe")
def qwen2_moe(case):
    heads(case, explicit=False)
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    qwen_window(case)
    qwen_experts(case)
    case.put(shared_expert_intermediate_size=case.pick(32, 80))
    case.maybe(0.2, "qkv_bias", True)


@family("qwen3_moe")
def qwen3_moe(case):
    heads(case)
    case.put(head_dim=case.text().get("head_dim") or case.pick(8, 16))
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    if case.chance(0.3):
        case.put(use_sliding_window=True, sliding_window=case.pick(4, 16))
    case.maybe(0.3, "attention_bias", True, False)
    qwen_experts(case)


@family("phi3")
def phi3(case):
    heads(case, explicit=False, dims=(8, 16, 32))
    sizes(case)
    activation(case)
    tie(case)
    window(case, 0.5)
    text = case.text()
    case.maybe(0.3, "rope_theta", 10000.0, 500000.0)
    case.maybe(0.3, "partial_rotary_factor", 0.5, 0.75, 1.0)
    if case.chance(0.4):
        length = text["hidden_size"] // text["num_attention_heads"]
        count = int(length * text.get("partial_rotary_factor", 1.0)) // 2
        scaling = {"type": "longrope", "short_factor": [1 + 0.1 * i for i in range(count)],
                   "long_factor": [2 + 0.25 * i for i in range(count)]}
        if case.chance(0.3):
            scaling["attention_factor"] = 1.4
        case.put(rope_scaling=scaling, original_max_position_embeddings=case.pick(16, 4096),
                 max_position_embeddings=case.pick(131072, 8192))


def gemma(case):
    kv = case.pick(1, 2)
    count = kv * case.pick(1, 2, 4)
    case.put(num_attention_heads=count, num_key_value_heads=kv, head_dim=case.pick(8, 16, 32),
             hidden_size=case.pick(48, 64, 96))
    case.maybe(0.4, "query_pre_attn_scalar", 8, 24, 32, 256)
    if "query_pre_attn_scalar" not in case.text():
        case.put(query_pre_attn_scalar=case.pick(16, 256))
    case.maybe(0.2, "hidden_activation", "gelu", "relu", "silu")
    case.maybe(0.4, "attn_logit_softcapping", 20.0, None)
    case.maybe(0.4, "final_logit_softcapping", 10.0, None)
    case.maybe(0.3, "attention_bias", True, False)
    tie(case)
    window(case, 0.3)


@family("gemma2")
def gemma2(case):
    sizes(case)
    gemma(case)
    case.put(sliding_window=case.text().get("sliding_window") or 16)
    if case.chance(0.4):
        rope(case, ("linear", "yarn", "llama3"))
    layer_types(case)


@family("gemma3")
def gemma3(case):
    sizes(case, (1, 2, 6, 7))
    gemma(case)
    case.put(sliding_window=case.text().get("sliding_window") or 16)
    case.maybe(0.3, "rope_theta", 1e6, 10000.0)
    case.maybe(0.3, "rope_local_base_freq", 10000.0, 50000.0)
    if case.chance(0.3):
        case.put(rope_scaling={"rope_type": "linear", "factor": case.pick(2.0, 8.0)})
    if case.chance(0.3):
        case.put(sliding_window_pattern=case.pick(2, 3, 6))
    else:
        layer_types(case)


@family("gemma3_vision")
def gemma3_vision(case):
    gemma3(case)


def latent(case):
    text = case.text()
    case.put(num_attention_heads=(count := case.pick(1, 2, 4)), num_key_value_heads=count,
             hidden_size=case.pick(48, 64, 96), kv_lora_rank=case.pick(16, 32), qk_nope_head_dim=case.pick(8, 16),
             qk_rope_head_dim=case.pick(4, 8, 16), v_head_dim=case.pick(8, 16, 24))
    experts = case.pick(4, 8)
    case.put(n_routed_experts=experts, num_experts_per_tok=case.random.randint(1, 4),
             n_shared_experts=case.pick(1, 2), moe_intermediate_size=case.pick(16, 32),
             first_k_dense_replace=case.random.randint(0, text["num_hidden_layers"]),
             n_group=1, topk_group=1)
    case.maybe(0.4, "routed_scaling_factor", 1.0, 2.5, 16.0)
    case.fused = case.chance(0.3)


@family("deepseek_v2_lite")
def deepseek_v2(case):
    sizes(case)
    latent(case)
    tie(case)
    rope(case, ("yarn", "linear"))
    case.maybe(0.5, "q_lora_rank", 24, 48, None)
    if "q_lora_rank" not in case.text():
        case.put(q_lora_rank=None)
    case.maybe(0.3, "norm_topk_prob", True, False)
    if case.text().get("norm_topk_prob"):
        # transformers does not read it for this family; the model's own code and llama.cpp do.
        case.put(norm_topk_prob=False)
    if case.chance(0.4):
        case.put(topk_method="group_limited_greedy", n_group=2, topk_group=1,
                 num_experts_per_tok=min(2, case.text()["num_experts_per_tok"]))


@family("deepseek_v3")
def deepseek_v3(case):
    sizes(case)
    latent(case)
    tie(case)
    case.text().pop("num_nextn_predict_layers", None)
    rope(case, ("yarn", "linear"))
    case.maybe(0.3, "q_lora_rank", 24, 48, None)
    case.text().setdefault("q_lora_rank", 48)
    case.maybe(0.3, "norm_topk_prob", True, False)
    case.put(n_group=case.pick(1, 2), topk_group=1, num_experts_per_tok=case.pick(1, 2))
    case.maybe(0.2, "attention_bias", True, False)


@family("mistral3")
def mistral3(case):
    heads(case)
    case.put(head_dim=case.text().get("head_dim") or case.text()["hidden_size"] // case.text()["num_attention_heads"])
    sizes(case)
    activation(case)
    if case.chance(0.5):
        case.config["tie_word_embeddings"] = case.text()["tie_word_embeddings"] = case.chance(0.5)
    rope(case, ("yarn", "linear"))
    window(case)


@family("ministral3")
def ministral3(case):
    heads(case)
    case.put(head_dim=case.text().get("head_dim") or case.text()["hidden_size"] // case.text()["num_attention_heads"])
    sizes(case)
    activation(case)
    if case.chance(0.5):
        case.config["tie_word_embeddings"] = case.text()["tie_word_embeddings"] = case.chance(0.5)
    parameters = case.text()["rope_parameters"]
    parameters["factor"] = case.pick(2.0, 16.0)
    parameters["llama_4_scaling_beta"] = case.pick(0.1, 0.3)
    parameters["original_max_position_embeddings"] = case.pick(8, 16, 4096)
    if case.chance(0.5):
        parameters["mscale"] = case.pick(1.0, 0.7)
    if case.chance(0.3):
        parameters.pop("mscale", None)
    if case.chance(0.3):
        parameters["mscale_all_dim"] = case.pick(1.0, 0.7)


@family("mistral4")
def mistral4(case):
    sizes(case)
    latent(case)
    text = case.text()
    case.put(first_k_dense_replace=0, num_experts_per_tok=case.pick(1, 2),
             head_dim=text["qk_nope_head_dim"] + text["qk_rope_head_dim"],
             qk_head_dim=text["qk_nope_head_dim"] + text["qk_rope_head_dim"])
    parameters = text["rope_parameters"]
    parameters["partial_rotary_factor"] = text["qk_rope_head_dim"] / text["head_dim"]
    parameters["factor"] = case.pick(2.0, 16.0)
    if case.chance(0.4):
        parameters["mscale"] = case.pick(1.0, 0.7)
    if case.chance(0.3):
        parameters.pop("mscale", None)
    case.fused = False


@family("llama4")
def llama4(case):
    heads(case)
    case.put(head_dim=case.text().get("head_dim") or case.text()["hidden_size"] // case.text()["num_attention_heads"])
    sizes(case, (1, 2, 4))
    case.put(intermediate_size_mlp=case.pick(64, 160), num_local_experts=case.pick(2, 4), num_experts_per_tok=1)
    case.maybe(0.4, "interleave_moe_layer_step", 1, 2)
    case.maybe(0.3, "use_qk_norm", True, False)
    if case.chance(0.3):
        layers = case.text()["num_hidden_layers"]
        case.put(no_rope_layers=[case.pick(0, 1) for _ in range(layers)])
    case.maybe(0.3, "attention_chunk_size", 8, 16, 8192)
    case.text().setdefault("attention_chunk_size", 8192)
    case.maybe(0.3, "floor_scale", 8, 8192)
    case.maybe(0.3, "attn_scale", 0.1, 0.3)
    case.maybe(0.2, "attn_temperature_tuning", True, False)


def falcon_common(case, groups):
    kv = case.pick(1, 2) if groups else 1
    count = kv * case.pick(2, 3, 4)
    case.put(num_attention_heads=count, num_hidden_layers=case.pick(1, 2, 3), hidden_size=count * case.pick(8, 16, 32))
    if groups:
        case.put(num_kv_heads=kv, num_ln_in_parallel_attn=2)
    case.maybe(0.3, "bias", True, False)
    case.maybe(0.3, "ffn_hidden_size", 72, 256)
    case.maybe(0.3, "activation", "relu", "gelu")
    case.maybe(0.3, "layer_norm_epsilon", 1e-5, 1e-3)
    case.maybe(0.4, "rope_theta", 10000.0, 500042.0)
    case.maybe(0.3, "max_position_embeddings", 2048, 8192)
    tie(case)


@family("falcon7b")
def falcon7b(case):
    falcon_common(case, False)
    case.put(num_kv_heads=1)
    case.maybe(0.2, "parallel_attn", True)


@family("falcon40b")
def falcon40b(case):
    falcon_common(case, True)


@family("falcon11b")
def falcon11b(case):
    falcon_common(case, True)
    case.put(num_ln_in_parallel_attn=1)


@family("gpt_neox")
def gpt_neox(case):
    count = case.pick(1, 2, 4)
    length = case.pick(8, 16, 32)
    case.put(num_attention_heads=count, hidden_size=count * length, num_hidden_layers=case.pick(1, 2, 3),
             intermediate_size=case.pick(64, 96, 256))
    activation(case)
    tie(case)
    case.maybe(0.3, "layer_norm_eps", 1e-5, 1e-3)
    case.maybe(0.3, "use_parallel_residual", True, False)
    case.maybe(0.3, "attention_bias", True, False)
    case.maybe(0.3, "rotary_emb_base", 10000, 500000)
    case.maybe(0.3, "rotary_pct", 0.25, 0.5, 1.0)
    if case.chance(0.3):
        case.put(rope_scaling=scaled(case, case.pick("linear", "yarn")))


@family("mpt")
def mpt(case):
    count = case.pick(2, 3, 4, 6)
    case.put(n_heads=count, d_model=count * case.pick(8, 16, 32), n_layers=case.pick(1, 2, 3))
    case.maybe(0.3, "expansion_ratio", 2, 4)
    attention = case.text()["attn_config"]
    if case.chance(0.3):
        attention["clip_qkv"] = case.pick(0.5, 2.0)
    if case.chance(0.3):
        attention["softmax_scale"] = case.pick(0.2, 0.1)
    if case.chance(0.3):
        attention["alibi_bias_max"] = case.pick(4, 16)
    case.maybe(0.3, "layer_norm_epsilon", 1e-5, 1e-3)


@family("bloom")
def bloom(case):
    count = case.pick(1, 2, 3, 4, 6)
    case.put(num_attention_heads=count, n_embed=count * case.pick(8, 16, 32), n_layer=case.pick(1, 2, 3))
    case.config["architectures"] = [case.pick("BloomForCausalLM", "BloomModel")]
    case.maybe(0.3, "layer_norm_epsilon", 1e-5, 1e-3)
    case.maybe(0.2, "apply_residual_connection_post_layernorm", True, False)


@family("gpt2")
def gpt2(case):
    count = case.pick(1, 2, 4)
    case.put(n_head=count, n_embd=count * case.pick(8, 16, 32), n_layer=case.pick(1, 2, 3))
    case.maybe(0.3, "n_inner", 64, 100, None)
    activation(case, "activation_function")
    case.maybe(0.2, "scale_attn_weights", True, False)
    case.maybe(0.2, "scale_attn_by_inverse_layer_idx", True, False)
    case.maybe(0.2, "reorder_and_upcast_attn", True, False)
    case.maybe(0.3, "layer_norm_epsilon", 1e-5, 1e-3)
    tie(case)


@family("gpt_neo")
def gpt_neo(case):
    count = case.pick(1, 2, 4)
    layers = case.pick(1, 2, 4)
    case.put(num_heads=count, hidden_size=count * case.pick(8, 16, 32), num_layers=layers,
             attention_types=[[["global", "local"], layers // 2]] if layers % 2 == 0 else [[["local"], layers]])
    case.put(attention_layers=(["global", "local"] * layers)[:layers] if layers % 2 == 0 else ["local"] * layers)
    case.maybe(0.3, "window_size", 4, 8, 16)
    case.text().setdefault("window_size", 256)
    case.maybe(0.3, "intermediate_size", 64, 100, None)
    activation(case, "activation_function")
    case.maybe(0.3, "layer_norm_epsilon", 1e-5, 1e-3)
    tie(case)


@family("gpt_oss")
def gpt_oss(case):
    """Experts are in MXFP4, all else in BF16."""
    kv = case.pick(1, 2)
    count = kv * case.pick(1, 2, 4)
    case.dtype = "BF16"
    case.put(num_attention_heads=count, num_key_value_heads=kv, head_dim=case.pick(8, 16, 32),
             hidden_size=case.pick(32, 64, 96), intermediate_size=case.pick(32, 64), num_hidden_layers=case.pick(1, 2, 3))
    experts = case.pick(2, 4)
    case.put(num_local_experts=experts, num_experts_per_tok=case.random.randint(1, experts))
    case.text()["experts_per_token"] = case.text()["num_experts_per_tok"]
    case.text().pop("layer_types")
    layer_types(case, 0.7)
    case.put(sliding_window=case.pick(4, 9, 16))
    case.maybe(0.3, "swiglu_limit", 7.0, 2.0)
    case.text().setdefault("swiglu_limit", 7.0)
    tie(case)
    rope(case, ("yarn", "linear"))
    case.quantize_experts = True


@family("smollm3")
def smollm3(case):
    """Every fourth layer has no rotary embedding, or others; windows are on those without one, or on others."""
    heads(case)
    sizes(case, (2, 4, 5, 6))
    activation(case)
    tie(case)
    rope(case)
    text = case.text()
    layers = text["num_hidden_layers"]
    text.pop("layer_types")
    text.pop("no_rope_layers")
    if case.chance(0.5):
        case.put(no_rope_layers=[int((i + 1) % 4 != 0) for i in range(layers + case.pick(0, 0, 2))])
    elif case.chance(0.4):
        case.put(no_rope_layers=[case.pick(0, 1) for _ in range(layers)])
    case.maybe(0.3, "no_rope_layer_interval", 2, 3, 4)
    if case.chance(0.4):
        case.put(use_sliding_window=True, sliding_window=case.pick(4, 9, 16))
    else:
        window(case, 0.4)
    if case.chance(0.3):
        case.put(layer_types=["full_attention"] * layers)
    else:
        layer_types(case)
    case.maybe(0.3, "attention_bias", True, False)
    case.maybe(0.3, "mlp_bias", True, False)


@family("seed_oss")
def seed_oss(case):
    heads(case)
    case.text().setdefault("head_dim", None)
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    case.maybe(0.4, "attention_bias", True, False)
    case.maybe(0.4, "attention_out_bias", True, True)
    case.maybe(0.3, "mlp_bias", True, False)
    case.maybe(0.2, "residual_dropout", 0.0)


@family("ernie4_5")
def ernie4_5(case):
    heads(case)
    case.text().setdefault("head_dim", None)
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    case.maybe(0.3, "use_bias", True, False)


for module in sorted((Path(__file__).resolve().parent / "drawn").glob("*.py")):
    importlib.import_module(f"drawn.{module.stem}")

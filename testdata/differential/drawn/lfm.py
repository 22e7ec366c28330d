"""LFM2 with and without experts."""
from families import ACTIVATIONS, family, heads, rope, tie


def layers(case, named=False):
    """Layers with attention, named by their types or by a list of them."""
    count = case.pick(1, 2, 3, 4, 5)
    kinds = [case.pick("conv", "conv", "full_attention") for _ in range(count)]
    text = case.text()
    text.pop("layer_types", None)
    text.pop("full_attn_idxs", None)
    case.put(num_hidden_layers=count)
    if named or case.chance(0.5):
        case.put(layer_types=kinds)
    if not named and ("layer_types" not in text or case.chance(0.3)):
        case.put(full_attn_idxs=[i for i, kind in enumerate(kinds) if kind == "full_attention"])
    if not named and case.chance(0.15):
        # All have attention.
        text.pop("layer_types", None)
        text.pop("full_attn_idxs", None)
        if case.chance(0.5):
            case.put(full_attn_idxs=None, layer_types=None)


def common(case, named=False):
    _, _, _, hidden = heads(case, explicit=case.chance(0.25))
    text = case.text()
    for field in ("block_dim", "conv_dim", "conv_dim_out"):
        if field in text:
            text[field] = hidden
    if "num_heads" in text:
        text["num_heads"] = text["num_attention_heads"]
    layers(case, named)
    case.maybe(0.4, "norm_eps", 1e-6, 1e-3)
    case.maybe(0.4, "conv_L_cache", 2, 4, 5)
    case.maybe(0.25, "conv_bias", True)
    if case.chance(0.15):
        case.put(hidden_act=case.pick(*ACTIVATIONS))
    tie(case)
    if case.chance(0.3):
        case.put(tie_embedding=case.pick(True, False))
    rope(case, ("linear", "yarn", "dynamic", "llama3"))
    if "type" in (text.get("rope_scaling") or {}):
        text["rope_scaling"]["rope_type"] = text["rope_scaling"].pop("type")


def inner(case):
    text = case.text()
    for field in ("block_ff_dim", "intermediate_size"):
        text.pop(field, None)
    case.put(**{case.pick("block_ff_dim", "block_ff_dim", "intermediate_size"): case.pick(96, 100, 144, 200)})
    case.put(block_multiple_of=case.pick(8, 16, 32, 48))
    case.maybe(0.4, "block_ffn_dim_multiplier", 1.3, 0.7, 1)
    case.maybe(0.4, "block_auto_adjust_ff_dim", False)


@family("lfm2")
def lfm2(case):
    common(case)
    inner(case)


@family("lfm2_vl")
def lfm2_vl(case):
    common(case)
    inner(case)
    # The whole says whether they are tied.
    text = case.text()
    for field in ("tie_word_embeddings", "tie_embedding"):
        if field in text:
            case.config[field] = text[field]


@family("lfm2_moe")
def lfm2_moe(case):
    common(case, named=True)
    experts = case.pick(1, 2, 3, 8)
    case.put(intermediate_size=case.pick(48, 64, 96), moe_intermediate_size=case.pick(16, 24, 40),
             num_experts=experts, num_experts_per_tok=case.random.randint(1, experts))
    case.put(num_dense_layers=case.pick(0, 1, 2))
    case.maybe(0.3, "use_expert_bias", False)
    case.maybe(0.3, "norm_topk_prob", False)
    case.maybe(0.3, "routed_scaling_factor", 2.5, 0.5)
    case.fused = case.chance(0.3)

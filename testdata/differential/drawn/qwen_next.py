"""Models of Qwen most of whose layers follow the gated delta rule."""
from drawn.qwen_vl import sections, tied_outside
from families import family, heads, qwen_experts, rope, sizes, tie

# The converter takes a checkpoint without layers that predict further tokens for a mistake.
PREDICTORS = ("fc", "pre_fc_norm_embedding", "pre_fc_norm_hidden", "norm")


def delta(case):
    """Sizes of heads, and which layers attend."""
    heads(case)
    text = case.text()
    text["head_dim"] = text.get("head_dim") or case.pick(8, 16)
    sizes(case, (2, 3, 4, 5, 6))
    key_heads = case.pick(1, 1, 2, 3)
    case.put(linear_num_key_heads=key_heads, linear_num_value_heads=key_heads * case.pick(1, 2, 3),
             linear_key_head_dim=case.pick(8, 12, 16), linear_value_head_dim=case.pick(8, 16, 20),
             linear_conv_kernel_dim=case.pick(2, 4, 4, 5))
    layers = text["num_hidden_layers"]
    # transformers takes no model in which no layer attends.
    kind = case.pick("interval", "types", "interval", *(["neither"] if layers >= 4 else []))
    text.pop("layer_types", None)
    text.pop("full_attention_interval", None)
    if kind == "interval":
        case.put(full_attention_interval=case.random.randint(2, min(4, layers)))
    elif kind == "types":
        types = [case.pick("linear_attention", "linear_attention", "full_attention") for _ in range(layers)]
        types[case.random.randrange(layers)] = "full_attention"
        case.put(layer_types=types)
    return text["head_dim"]


def predictors(case, base):
    """A layer like those that attend, and what it has besides."""
    attending = case.text()
    usual = case.more_tensors

    def more(shapes):
        hidden = attending["hidden_size"]
        count, kv, length = attending["num_attention_heads"], attending["num_key_value_heads"], attending["head_dim"]
        layer = {
            "self_attn.q_proj.weight": [2 * count * length, hidden], "self_attn.k_proj.weight": [kv * length, hidden],
            "self_attn.v_proj.weight": [kv * length, hidden], "self_attn.o_proj.weight": [hidden, count * length],
            "self_attn.q_norm.weight": [length], "self_attn.k_norm.weight": [length]}
        # Its network, and its norms, are those of a layer with experts, if there is one.
        routed = [name.split("layers.")[1].split(".")[0] for name in shapes if name.endswith("mlp.gate.weight")]
        last = f"{base}layers.{routed[0] if routed else 0}."
        layer |= {name[len(last):]: shape for name, shape in shapes.items()
                  if name.startswith(last) and ("mlp." in name or "layernorm" in name)}
        own = {"mtp.fc.weight": [hidden, 2 * hidden]}
        own |= {f"mtp.{name}.weight": [hidden] for name in PREDICTORS[1:]}
        return usual(shapes) | own | {"mtp.layers.0." + name: shape for name, shape in layer.items()}

    case.more_tensors = more


def partly(case):
    """Parts of a head that are rotated, in either form of config.json."""
    text = case.text()
    part = case.pick(0.25, 0.5, 0.5, 1.0)
    while int(text["head_dim"] * part) % 2 or int(text["head_dim"] * part) < 2:
        part = case.pick(0.5, 1.0)
    if text.get("rope_parameters") is not None:
        text["rope_parameters"]["partial_rotary_factor"] = part
        text.pop("partial_rotary_factor", None)
    else:
        text["partial_rotary_factor"] = part
    return int(text["head_dim"] * part)


@family("qwen3_next")
def qwen3_next(case):
    delta(case)
    tie(case)
    rope(case, ("linear", "yarn", "dynamic"))
    partly(case)
    qwen_experts(case)
    case.put(shared_expert_intermediate_size=case.pick(16, 40))
    case.text().pop("mlp_only_layers")
    case.maybe(0.3, "decoder_sparse_step", 2)
    predictors(case, "model.")


@family("qwen3_5")
def qwen3_5(case):
    delta(case)
    case.maybe(0.3, "mtp_num_hidden_layers")
    tied_outside(case)
    case.text().pop("rope_parameters")
    rope(case, ("linear", "yarn"))
    sections(case, partly(case), interleaved=True)
    predictors(case, "model.language_model.")


@family("qwen3_5_moe")
def qwen3_5_moe(case):
    delta(case)
    tied_outside(case)
    case.text().pop("rope_parameters")
    rope(case, ("linear", "yarn"))
    sections(case, partly(case), interleaved=True)
    qwen_experts(case)
    case.text().pop("norm_topk_prob", None)
    case.put(shared_expert_intermediate_size=case.pick(16, 40))
    predictors(case, "model.language_model.")

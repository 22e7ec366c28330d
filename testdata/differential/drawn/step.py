"""Models of StepFun: Step 3 VL, whose text part is Qwen 3, and Step 3.7."""
from families import family, qwen3, scaled, sizes


@family("step3_vl")
def step3_vl(case):
    qwen3(case)
    # Both parts of config.json say the same.
    case.config["tie_word_embeddings"] = case.text()["tie_word_embeddings"] = case.text().get("tie_word_embeddings") or False


@family("step3p7")
def step3p7(case):
    text = case.text()
    kv = case.pick(1, 2, 3)
    case.put(num_attention_groups=kv, num_attention_heads=kv * case.pick(1, 2, 3), head_dim=case.pick(8, 16, 32), hidden_size=case.pick(32, 48, 96))
    sizes(case, (1, 2, 3, 4, 5))
    layers, more = text["num_hidden_layers"], case.pick(0, 0, 1, 2)
    types = [case.pick("full_attention", "sliding_attention", "sliding_attention") for _ in range(layers + more)]
    types[0] = "full_attention"
    part, rest = case.pick(*[(0.5, 1.0)] * 6, (0.25, 0.5), (1.0, 1.0))
    case.put(num_nextn_predict_layers=more, layer_types=types, partial_rotary_factors=[part if t[0] == "f" else rest for t in types],
             rope_theta=[5000000.0 if t[0] == "f" else 10000.0 for t in types],
             attention_other_setting={"attention_type": "sliding_attention", "num_attention_heads": kv * case.pick(1, 2, 3),
                                      "num_attention_groups": kv, "head_dim": text["head_dim"]},
             sliding_window=case.pick(4, 9, 16))
    if case.chance(0.2):
        case.put(rope_theta=case.pick(10000.0, 500000))
    experts = case.pick(2, 4, 8)
    dense = case.pick(0, 1, 2)
    case.put(moe_layers_enum=",".join(str(i) for i in range(min(dense, layers - 1), layers)), moe_num_experts=experts,
             moe_top_k=case.random.randint(1, min(4, experts)), moe_intermediate_size=case.pick(16, 24, 48), share_expert_dim=case.pick(16, 40))
    case.put(swiglu_limits=[case.pick(0.0, 0.0, 0.05, 0.5, None) for _ in types],
             swiglu_limits_shared=[case.pick(0.0, 0.0, 0.05, 0.5) for _ in types])
    case.maybe(0.2, "swiglu_limits", None)
    case.maybe(0.2, "swiglu_limits_shared", None)
    case.maybe(0.3, "attention_other_setting", None)
    yarn = scaled(case, "yarn")
    # transformers does not look for it among parameters of a kind of layers.
    yarn.pop("truncate", None)
    case.maybe(0.3, "rope_scaling", None, scaled(case, "llama3"), scaled(case, "linear"), yarn)
    case.maybe(0.3, "moe_router_scaling_factor", 1.0)
    case.maybe(0.2, "norm_expert_weight")
    case.maybe(0.2, "moe_router_activation")
    # Both parts of config.json say the same.
    case.maybe(0.3, "tie_word_embeddings", True)
    if text.get("tie_word_embeddings"):
        case.config["tie_word_embeddings"] = True
    if case.chance(0.15):
        saved(case, layers, more)
    case.fused = case.base == "step3p7" and case.chance(0.1)


def saved(case, layers, more):
    """As transformers writes it."""
    text = case.text()
    for field, name in {"num_attention_groups": "num_key_value_heads", "moe_num_experts": "n_routed_experts", "moe_top_k": "num_experts_per_tok"}.items():
        text[name] = text.pop(field)
    sparse = text.pop("moe_layers_enum").split(",")
    text["mlp_layer_types"] = ["sparse" if str(i) in sparse else "dense" for i in range(layers)]
    other = (text.pop("attention_other_setting", None) or {}).get("num_attention_heads", text["num_attention_heads"])
    bases, parts, scaling = text.pop("rope_theta"), text.pop("partial_rotary_factors"), text.pop("rope_scaling", None) or {}
    types = text["layer_types"][:layers]
    text["rope_parameters"] = {
        kind: {"rope_type": "default", "rope_theta": bases[types.index(kind)] if isinstance(bases, list) else bases,
               "partial_rotary_factor": parts[types.index(kind)], **(scaling if kind == "full_attention" else {})}
        for kind in sorted(set(types))}
    text["per_layer_config"] = {str(i): {"num_attention_heads": other} for i in range(layers) if types[i] == "sliding_attention"}
    text["num_sliding_attention_heads"] = other
    text["layer_types"], text["mtp_layer_types"] = types, text["layer_types"][layers:]
    text["mtp_mlp_layer_types"] = ["dense"] * more


family("step3p5", "step3p5")(step3p7)

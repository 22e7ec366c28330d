"""EXAONE."""
from families import activation, family, heads, rope, sizes, tie


@family("exaone")
def exaone(case):
    heads(case, explicit=False)
    text = case.text()
    if case.chance(0.5):
        case.put(head_dim=text["hidden_size"] // text["num_attention_heads"])
    else:
        text.pop("head_dim", None)
    case.put(num_layers=case.pick(1, 2, 3, 4), intermediate_size=case.pick(48, 64, 72, 96, 136, 192),
             layer_norm_epsilon=case.pick(1e-5, 1e-6, 1e-3))
    tie(case)
    case.output_of = case.output_of and "transformer.wte.weight"
    rope(case, ("linear", "llama3", "llama3", "yarn", "dynamic"))
    # The converter reads config.json as it stands: what its class fills in is in networks.json.
    if not (text.get("rope_parameters") or {}).get("rope_theta"):
        text.setdefault("rope_theta", 10000.0)
    case.maybe(0.3, "attention_bias", True, False)
    case.maybe(0.3, "mlp_bias", True, False)


def windows(case):
    """Windows on layers that a pattern or a list says, or none at all."""
    text = case.text()
    layers = text["num_hidden_layers"]
    for field in ("layer_types", "sliding_window", "sliding_window_pattern"):
        text.pop(field, None)
    if case.chance(0.3):
        case.put(sliding_window=None, layer_types=["full_attention"] * layers)
        return
    if case.chance(0.8):
        case.put(sliding_window=case.pick(4, 7, 16, 24))
    if case.chance(0.5):
        case.put(layer_types=[case.pick("full_attention", "sliding_attention") for _ in range(layers)],
                 sliding_window_pattern=case.pick("LLLG", 4, None))
    elif case.chance(0.7):
        case.put(sliding_window_pattern=case.pick(1, 2, 3, 4))


@family("exaone4")
def exaone4(case):
    heads(case)
    text = case.text()
    if text.get("head_dim") is None:
        text.pop("head_dim", None)
    sizes(case, (1, 2, 4, 5))
    activation(case)
    tie(case)
    rope(case, ("llama3", "linear", "yarn", "dynamic"))
    windows(case)


@family("exaone_moe")
def exaone_moe(case):
    heads(case)
    text = case.text()
    if text.get("head_dim") is None:
        text.pop("head_dim", None)
    sizes(case, (1, 2, 4, 5))
    activation(case)
    tie(case)
    rope(case, ("llama3", "linear", "yarn", "dynamic"))
    windows(case)
    if not text.get("sliding_window"):
        # Its class wants a number.
        text.pop("sliding_window", None)
    layers, experts = text["num_hidden_layers"], case.pick(4, 8)
    dense = case.random.randint(0, layers)
    case.put(num_experts=experts, num_experts_per_tok=case.random.randint(1, 3), moe_intermediate_size=case.pick(16, 24, 32),
             first_k_dense_replace=dense, mlp_layer_types=["dense"] * dense + ["sparse"] * (layers - dense))
    if case.chance(0.5):
        text.pop("mlp_layer_types")
    case.maybe(0.4, "num_shared_experts", 1, 2)
    case.maybe(0.3, "norm_topk_prob", True, False)
    case.maybe(0.3, "routed_scaling_factor", 1.0, 2.5)
    case.maybe(0.3, "num_nextn_predict_layers", 0, 1)
    case.maybe(0.3, "scoring_func", "sigmoid")
    if case.chance(0.3):
        case.put(n_group=2, topk_group=1, num_experts_per_tok=case.pick(1, 2))
    case.fused = case.chance(0.3)


@family("exaone4_5")
def exaone4_5(case):
    exaone4(case)
    text = case.text()
    case.config["vision_config"]["out_hidden_size"] = text["hidden_size"]
    case.maybe(0.4, "num_nextn_predict_layers", 0, 1)
    if case.output_of:
        case.output_of = "model.language_model.embed_tokens.weight"

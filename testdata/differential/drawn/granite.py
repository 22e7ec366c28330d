"""Granite in all its kinds."""
from families import activation, family, heads, layer_types, rope, sizes, tie


def scales(case):
    case.maybe(0.5, "attention_multiplier", 0.25, 0.0078125, 1.0)
    case.maybe(0.5, "embedding_multiplier", 1.0, 3.5, 12)
    case.maybe(0.5, "residual_multiplier", 0.1, 1.0, 0.246)
    case.maybe(0.5, "logits_scaling", 1.0, 2.5, 16)


def common(case):
    count, kv, _, _ = heads(case)
    if case.text().get("head_dim", 0) is None:
        # A class without the field keeps the null, and fails.
        case.text().pop("head_dim")
    if kv == count:
        case.maybe(0.5, "num_key_value_heads", None)
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    scales(case)
    case.maybe(0.3, "attention_bias", True, False)


@family("granite")
def granite(case):
    common(case)
    case.maybe(0.3, "mlp_bias", True, False)


def experts(case):
    count = case.pick(2, 4, 6)
    case.put(num_local_experts=count, num_experts_per_tok=case.random.randint(1, count),
             intermediate_size=case.pick(16, 32, 48))
    case.fused = case.chance(0.3)


@family("granite_moe")
def granite_moe(case):
    common(case)
    experts(case)


@family("granite_moe_shared")
def granite_moe_shared(case):
    common(case)
    experts(case)
    case.maybe(0.7, "shared_intermediate_size", 24, 64, 0)


def windows(case):
    text = case.text()
    layers = text["num_hidden_layers"]
    for field in ("layer_types", "no_rope_layers", "layer_rope_theta"):
        text.pop(field)
    layer_types(case, 0.5)
    case.put(sliding_window=case.pick(4, 9, 16))
    if case.chance(0.5):
        theta = case.pick(10000.0, 500)
        case.put(layer_rope_theta=[case.pick(0, theta) for _ in range(layers)])


@family("granite_swa")
def granite_swa(case):
    common(case)
    case.maybe(0.3, "mlp_bias", True, False)
    windows(case)


@family("granite_moe_swa")
def granite_moe_swa(case):
    common(case)
    experts(case)
    case.fused = False
    case.maybe(0.7, "shared_intermediate_size", 24, 64, 0)
    windows(case)


@family("granite4")
def granite4(case):
    common(case)
    case.text().pop("mlp_bias", None)
    layers, hidden = case.text()["num_hidden_layers"], case.text()["hidden_size"]
    case.put(layer_types=["attention"] * layers, mamba_n_heads=hidden // 4, mamba_d_head=8,
             shared_intermediate_size=case.text()["intermediate_size"])
    case.maybe(0.3, "mamba_d_state", 128)
    case.maybe(0.2, "shared_intermediate_size", 48, 80)

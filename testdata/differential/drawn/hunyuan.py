"""Hunyuan."""
from families import activation, family, heads, rope, sizes, tie


def stretched(case):
    """A base that an alpha stretches, as published models have it, or another scaling, or none."""
    text = case.text()
    if case.chance(0.5):
        for field in ("rope_parameters", "rope_scaling", "rope_theta"):
            text.pop(field, None)
        case.put(rope_scaling={"alpha": case.pick(1000.0, 50, 7.5), "factor": 1.0, case.pick("type", "rope_type"): "dynamic"},
                 max_position_embeddings=case.pick(32768, 262144), rope_theta=10000.0)
    else:
        rope(case, ("linear", "yarn"))


@family("hunyuan_dense")
def hunyuan_dense(case):
    _, _, length, _ = heads(case)
    case.put(head_dim=case.text().get("head_dim") or length)
    sizes(case)
    activation(case)
    tie(case)
    stretched(case)
    case.maybe(0.4, "attention_bias", True, False)
    case.maybe(0.2, "num_experts", 1)


def published(case):
    """What the reference's converter takes: heads that share the width, of 128, and an alpha of 1000."""
    kv = case.pick(1, 2)
    count = kv * case.pick(1, 2)
    case.put(num_attention_heads=count, num_key_value_heads=kv, head_dim=128, hidden_size=count * 128, rope_theta=10000.0,
             max_position_embeddings=case.pick(32768, 262144),
             rope_scaling={"alpha": 1000.0, "factor": 1.0, case.pick("type", "rope_type"): "dynamic"})


@family("hunyuan_moe")
def hunyuan_moe(case):
    if case.chance(0.6):
        published(case)
    else:
        _, _, length, _ = heads(case)
        case.put(head_dim=case.text().get("head_dim") or length)
        stretched(case)
    layers, inner = case.pick(1, 2, 3), case.pick(16, 24, 48)
    experts, shared = case.pick(2, 4, 8), case.pick(1, 1, 2)
    used = case.random.randint(1, experts)
    case.put(num_hidden_layers=layers, intermediate_size=inner, num_experts=experts, moe_topk=[used] * layers,
             moe_intermediate_size=[inner] * layers, num_shared_expert=[shared] * layers)
    if case.chance(0.25):
        # The reference's converter takes lists only.
        field, number = case.pick(("moe_topk", used), ("moe_intermediate_size", inner), ("num_shared_expert", shared))
        case.maybe(1, field, number)
    if case.chance(0.1):
        case.text().pop("num_experts")
        case.put(moe_topk=[1] * layers)
    case.maybe(0.3, "rms_norm_eps", 1e-6, 1e-3)
    case.maybe(0.2, "norm_topk_prob", False)
    case.maybe(0.2, "routed_scaling_factor", 2.5)
    if case.chance(0.15):
        case.put(n_group=2, topk_group=1)
    activation(case)
    tie(case)
    case.maybe(0.3, "attention_bias", True, False)
    case.fused = case.chance(0.15)


@family("hy_v3")
def hy_v3(case):
    heads(case)
    if case.text().get("head_dim") is None:
        case.put(head_dim=case.pick(16, 32))
    sizes(case)
    activation(case)
    tie(case)
    rope(case, ("llama3", "linear", "yarn", "dynamic"))
    layers, experts = case.text()["num_hidden_layers"], case.pick(4, 8)
    case.put(num_experts=experts, num_experts_per_tok=case.random.randint(1, 3), moe_intermediate_size=case.pick(16, 24, 32))
    if case.chance(0.5):
        # The reference and llama.cpp go by the tensors.
        case.put(mlp_layer_types=[case.pick("dense", "sparse") for _ in range(layers)])
    case.maybe(0.3, "num_shared_experts", 1, 2)
    case.maybe(0.3, "router_scaling_factor", 1.0, 2.5)
    case.maybe(0.2, "route_norm", False)
    case.maybe(0.3, "attention_bias", True, False)
    case.maybe(0.5, "num_nextn_predict_layers", 0)
    case.fused = case.chance(0.15)

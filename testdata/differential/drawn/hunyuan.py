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

"""Families with experts, one vendor each."""
from drawn.ling import experts
from families import activation, family, heads, layer_types, rope, sizes, tie


@family("afmoe")
def afmoe(case):
    heads(case)
    case.put(head_dim=case.text().get("head_dim") or case.pick(8, 16, 32))
    sizes(case, (2, 3, 4, 5))
    activation(case)
    tie(case)
    rope(case, ("linear", "yarn", "dynamic"))
    experts(case)
    case.put(num_shared_experts=case.pick(1, 2), num_dense_layers=case.pick(0, 1, 2), sliding_window=case.pick(4, 9, 16, 64))
    case.text().pop("layer_types")
    case.maybe(0.3, "global_attn_every_n_layers", 2, 3)
    layer_types(case, 0.4)
    case.maybe(0.3, "mup_enabled", False)
    case.maybe(0.3, "route_norm", False)
    case.maybe(0.3, "route_scale", 1.0)
    case.maybe(0.2, "attention_bias", True, False)
    case.maybe(0.2, "score_func")

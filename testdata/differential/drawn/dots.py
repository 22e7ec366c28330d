"""dots.llm1."""
from families import activation, family, heads, layer_types, rope, sizes, tie, window


@family("dots1")
def dots1(case):
    heads(case)
    case.put(head_dim=case.text().get("head_dim") or case.pick(8, 16))
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    case.maybe(0.3, "attention_bias", True, False)
    case.put(max_window_layers=case.pick(0, 1, 2, 62))
    window(case, 0.4)
    layer_types(case)
    layers = case.text()["num_hidden_layers"]
    experts = case.pick(4, 8)
    case.put(n_routed_experts=experts, num_experts_per_tok=case.random.randint(1, 4), n_shared_experts=case.pick(1, 2),
             moe_intermediate_size=case.pick(16, 32), first_k_dense_replace=case.random.randint(0, layers))
    case.maybe(0.4, "routed_scaling_factor", 1.0, 2.5, 16.0)
    case.maybe(0.4, "norm_topk_prob", True, False)
    case.maybe(0.3, "scoring_func", "sigmoid")
    if case.chance(0.3):
        case.put(n_group=2, topk_group=1, num_experts_per_tok=min(2, case.text()["num_experts_per_tok"]))
    case.fused = case.chance(0.3)

"""Cohere 2 with experts."""
from families import activation, family, heads, rope, sizes, tie


@family("cohere2_moe")
def cohere2_moe(case):
    heads(case)
    case.put(head_dim=case.text().get("head_dim") or case.pick(8, 16))
    sizes(case)
    case.put(rms_norm_eps=case.pick(1e-6, 1e-3, None))
    case.maybe(0.3, "rms_norm_eps")
    case.maybe(0.3, "layer_norm_eps", 1e-5, 1e-3)
    activation(case)
    tie(case)
    rope(case)
    scaling = case.text().pop("rope_scaling", None)
    if scaling:
        # The class does not read this field.
        case.put(rope_parameters={"rope_theta": case.text().pop("rope_theta", 10000.0), "rope_type": scaling.get("type"), **scaling})
    layers = case.text()["num_hidden_layers"]
    experts = case.pick(2, 4, 8)
    case.put(num_experts=experts, num_experts_per_tok=case.random.randint(1, min(4, experts)), sliding_window=case.pick(4, 9, 16),
             first_k_dense_replace=case.random.randint(0, min(2, layers - 1)), num_shared_experts=case.pick(0, 0, 1, 2))
    case.maybe(0.3, "logit_scale", 0.25, 0.8333333333333334)
    case.maybe(0.3, "norm_topk_prob", True, False)
    case.maybe(0.4, "expert_selection_fn", "softmax", "sigmoid")
    case.maybe(0.3, "shared_expert_combination_strategy", "sum", "average")
    case.maybe(0.3, "prefix_dense_intermediate_size", 48)
    case.text().setdefault("prefix_dense_intermediate_size", None)
    case.maybe(0.3, "prefix_dense_sliding_window_pattern", 1, 2)
    case.maybe(0.4, "sliding_window_pattern", 2, 3)
    case.put(layer_types=[case.pick("full_attention", "sliding_attention") for _ in range(layers)])
    case.maybe(0.5, "layer_types")
    if case.chance(0.3):
        dense = case.text().pop("first_k_dense_replace")
        case.put(mlp_layer_types=["dense" if i < dense else "sparse" for i in range(layers)])
    case.maybe(0.2, "attention_bias", True, False)

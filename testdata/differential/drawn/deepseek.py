"""The first DeepSeek with experts."""
from families import activation, family, heads, rope, sizes, tie


@family("deepseek_moe")
def deepseek_moe(case):
    heads(case, explicit=False)
    sizes(case)
    activation(case)
    tie(case)
    rope(case, ("linear", "dynamic"))
    experts = case.pick(2, 4, 8)
    case.put(n_routed_experts=experts, num_experts_per_tok=case.random.randint(1, min(4, experts)), moe_intermediate_size=case.pick(16, 32),
             n_shared_experts=case.pick(1, 2), first_k_dense_replace=case.pick(0, 1, 1, 2))
    case.maybe(0.3, "norm_topk_prob", True, False)
    case.maybe(0.2, "attention_bias", True, False)
    case.maybe(0.2, "scoring_func")
    case.maybe(0.2, "moe_layer_freq")

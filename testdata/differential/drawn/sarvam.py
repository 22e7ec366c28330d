"""Sarvam with experts."""
from families import activation, family, heads, rope, sizes


@family("sarvam_moe")
def sarvam_moe(case):
    heads(case)
    case.put(head_dim=case.text().get("head_dim") or case.pick(8, 16))
    sizes(case)
    activation(case)
    case.maybe(0.3, "tie_word_embeddings", True, False)
    rope(case)
    count = case.pick(4, 6, 8)
    groups = case.pick(1, 1, 2)
    used = case.random.randint(1, groups)
    case.put(num_experts=count, n_group=groups, topk_group=used, moe_intermediate_size=(size := case.pick(16, 24, 48)),
             num_experts_per_tok=case.random.randint(1, min(4, count // groups * used)), num_shared_experts=case.pick(1, 1, 2),
             first_k_dense_replace=case.pick(0, 1, 1, 2), moe_shared_expert_intermediate_size=size)
    case.maybe(0.3, "moe_shared_expert_intermediate_size")
    case.maybe(0.3, "norm_topk_prob", False)
    case.maybe(0.3, "routed_scaling_factor", 1.0)
    case.maybe(0.2, "use_qk_norm", False)
    case.maybe(0.2, "use_qkv_bias", True)
    case.maybe(0.2, "num_nextn_predict_layers", 0)
    case.maybe(0.2, "score_function")

"""Ling and Ring."""
from families import activation, family, heads, rope, sizes, tie


def experts(case, field="num_experts"):
    count = case.pick(2, 4, 8)
    case.put(**{field: count}, num_experts_per_tok=case.random.randint(1, min(4, count)), moe_intermediate_size=case.pick(16, 24, 48))
    return count


def common(case):
    heads(case)
    sizes(case)
    activation(case)
    case.text().setdefault("head_dim", None)
    if case.chance(0.3):
        case.put(tie_word_embeddings=True)
    case.maybe(0.3, "tie_word_embeddings", False)
    rope(case, ("linear", "yarn", "dynamic", "llama3"))
    experts(case)
    case.put(num_shared_experts=case.pick(1, 2, 3))


@family("ling_lite")
def ling(case):
    common(case)
    if case.chance(0.5) and case.text()["head_dim"] is None:
        case.text().pop("head_dim")
    case.put(norm_head=case.chance(0.5) and not case.text().get("tie_word_embeddings"))
    case.maybe(0.2, "norm_head", False)
    case.put(norm_topk_prob=case.chance(0.6))
    case.maybe(0.2, "use_bias", True, False)
    if case.chance(0.2):
        case.put(first_k_dense_replace=1)


@family("ling_mini")
def ling2(case):
    common(case)
    count = case.text()["num_experts"]
    groups = case.pick(1, 1, 2) if count > 2 else 1
    used = case.random.randint(1, groups)
    case.put(n_group=groups, topk_group=used, first_k_dense_replace=case.pick(0, 1, 1, 2))
    case.put(num_experts_per_tok=min(case.text()["num_experts_per_tok"], count // groups * used),
             moe_shared_expert_intermediate_size=case.text()["moe_intermediate_size"])
    case.maybe(0.3, "moe_shared_expert_intermediate_size")
    case.maybe(0.3, "partial_rotary_factor", 0.5, 1.0)
    case.maybe(0.3, "norm_topk_prob", False)
    case.maybe(0.3, "routed_scaling_factor", 1.0, 2.5)
    case.maybe(0.2, "use_qk_norm", False)
    case.maybe(0.2, "use_bias", True)
    case.maybe(0.2, "use_qkv_bias", True)
    case.maybe(0.2, "num_nextn_predict_layers", 0)
    case.maybe(0.2, "score_function")

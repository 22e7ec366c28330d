"""MiniMax M2."""
from families import activation, family, heads, rope, sizes, tie


@family("minimax_m2")
def minimax_m2(case):
    heads(case, dims=(16, 24, 32))
    if case.text().get("head_dim", 0) is None:
        case.text().pop("head_dim")
    if "head_dim" not in case.text():
        # Its class has a length of its own.
        case.put(head_dim=case.pick(16, 32))
    sizes(case)
    activation(case)
    tie(case)
    experts = case.pick(4, 8)
    case.put(num_local_experts=experts, num_experts_per_tok=case.pick(1, 2, 3))
    rope(case, ("yarn", "linear"))
    case.put(rotary_dim=case.text()["head_dim"] // case.pick(1, 2))
    case.maybe(0.3, "scoring_func", "sigmoid")
    case.fused = case.chance(0.3)

"""ERNIE with experts."""
from families import activation, family, heads, rope, sizes, tie


@family("ernie4_5_moe")
def ernie4_5_moe(case):
    heads(case, explicit=False)
    sizes(case)
    activation(case)
    tie(case)
    rope(case, ("linear", "yarn"))
    case.maybe(0.3, "use_bias", True, False)
    experts, layers = case.pick(4, 8), case.text()["num_hidden_layers"]
    case.put(moe_num_experts=experts, moe_k=case.random.randint(1, 3), moe_intermediate_size=case.pick(16, 24, 32),
             moe_layer_start_index=case.random.randint(0, layers))
    case.maybe(0.4, "moe_num_shared_experts", 1, 2)
    case.maybe(0.3, "moe_layer_end_index", -1, layers - 1)
    case.fused = case.chance(0.3)

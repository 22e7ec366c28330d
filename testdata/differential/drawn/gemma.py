"""The first Gemma."""
from families import family, rope, sizes, tie


@family("gemma")
def gemma_1(case):
    kv = case.pick(1, 1, 2, 3)
    case.put(num_attention_heads=kv * case.pick(1, 2, 4), num_key_value_heads=kv, head_dim=case.pick(8, 16, 32),
             hidden_size=case.pick(48, 64, 96))
    sizes(case)
    case.maybe(0.6, "hidden_act", "gelu_pytorch_tanh", "gelu", "gelu_new", "silu", "relu")
    case.maybe(0.6, "hidden_activation", "gelu_pytorch_tanh", None)
    case.maybe(0.3, "attention_bias", True, False)
    tie(case)
    if case.chance(0.5):
        rope(case, ("linear", "yarn", "llama3"))

"""Llama's network with other activations, norms and names."""
from families import activation, family, heads, rope, sizes, tie


@family("arcee")
def arcee(case):
    heads(case)
    # Its configuration class wants a width that heads divide.
    case.put(hidden_size=case.text()["num_attention_heads"] * case.pick(8, 16, 24))
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    case.maybe(0.4, "attention_bias", True, False)
    case.maybe(0.4, "mlp_bias", True, False)
    case.maybe(0.2, "num_key_value_heads", None)

"""EXAONE."""
from families import activation, family, heads, rope, tie


@family("exaone")
def exaone(case):
    heads(case, explicit=False)
    text = case.text()
    if case.chance(0.5):
        case.put(head_dim=text["hidden_size"] // text["num_attention_heads"])
    else:
        text.pop("head_dim", None)
    case.put(num_layers=case.pick(1, 2, 3, 4), intermediate_size=case.pick(48, 64, 72, 96, 136, 192),
             layer_norm_epsilon=case.pick(1e-5, 1e-6, 1e-3))
    tie(case)
    case.output_of = case.output_of and "transformer.wte.weight"
    rope(case, ("linear", "llama3", "llama3", "yarn", "dynamic"))
    # The converter reads config.json as it stands: what its class fills in is in networks.json.
    if not (text.get("rope_parameters") or {}).get("rope_theta"):
        text.setdefault("rope_theta", 10000.0)
    case.maybe(0.3, "attention_bias", True, False)
    case.maybe(0.3, "mlp_bias", True, False)

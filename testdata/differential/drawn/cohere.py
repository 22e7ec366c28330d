"""Command R and its successors."""
from families import activation, family, heads, layer_types, rope, sizes, tie


def common(case):
    count, kv, length, _ = heads(case, explicit=False)
    if kv == count:
        case.maybe(0.5, "num_key_value_heads", None)
    sizes(case)
    case.text().pop("rms_norm_eps", None)
    case.maybe(0.3, "layer_norm_eps", 1e-5, 1e-3)
    activation(case)
    tie(case)
    rope(case)
    case.maybe(0.5, "logit_scale", 1.0, 0.25, 0.8333333333333334)
    case.maybe(0.3, "attention_bias", True, False)
    return length


@family("command_r")
def command_r(case):
    common(case)
    case.maybe(0.5, "use_qk_norm", True, False)
    case.maybe(0.4, "model_max_length", 4096, 131072)


@family("cohere2")
def cohere2(case):
    length = common(case)
    case.put(head_dim=length, sliding_window=case.pick(4, 9, 16), num_hidden_layers=case.pick(1, 4, 5))
    if case.chance(0.4):
        case.text().pop("head_dim")
    case.maybe(0.4, "sliding_window_pattern", 2, 3, 4)
    layer_types(case, 0.3)

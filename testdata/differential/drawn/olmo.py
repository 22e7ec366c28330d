"""OLMo in all its kinds."""
from families import activation, family, heads, layer_types, rope, sizes, tie


def common(case):
    count, kv, _, _ = heads(case, explicit=False)
    if kv == count:
        case.maybe(0.5, "num_key_value_heads", None)
    sizes(case)
    activation(case)
    tie(case)
    case.maybe(0.3, "attention_bias", True, False)


@family("olmo")
def olmo(case):
    common(case)
    case.text().pop("rms_norm_eps", None)
    rope(case)
    case.maybe(0.6, "clip_qkv", None, 0.1, 1.0, 8.0)


@family("olmo2")
def olmo2(case):
    common(case)
    rope(case)


@family("olmo3")
def olmo3(case):
    common(case)
    text = case.text()
    text.pop("layer_types")
    text.pop("rope_scaling")
    case.put(num_hidden_layers=case.pick(1, 4, 5), sliding_window=case.pick(4, 9, 16))
    layer_types(case, 0.5)
    rope(case, ("linear", "yarn", "llama3"))
    if "type" in (text.get("rope_scaling") or {}):
        # The class reads the newer name only.
        text["rope_scaling"]["rope_type"] = text["rope_scaling"].pop("type")
    if "rope_parameters" in text:
        full = text.pop("rope_parameters")
        text["rope_parameters"] = {"full_attention": full}
        if case.chance(0.7):
            text["rope_parameters"]["sliding_attention"] = {
                "rope_type": "default", "rope_theta": case.pick(full["rope_theta"], 500000.0, 10000.0)}
        if case.chance(0.3):
            full.pop("rope_theta")


@family("olmoe")
def olmoe(case):
    common(case)
    rope(case)
    experts = case.pick(2, 4, 8)
    case.put(num_experts=experts, num_experts_per_tok=case.random.randint(1, experts),
             intermediate_size=case.pick(16, 32, 48))
    case.maybe(0.4, "clip_qkv", None, 0.1, 1.0)
    case.maybe(0.4, "norm_topk_prob", True, False)
    case.fused = case.chance(0.3)

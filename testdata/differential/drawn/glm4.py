"""GLM 4 without experts."""
from families import activation, family, heads, rope, sizes, tie


def partial(case, *parts):
    """How much of a head is rotated, beside the other fields of rotary embedding or within them."""
    text = case.text()
    part = case.pick(*parts)
    text.pop("partial_rotary_factor", None)
    for field in ("rope_parameters", "rope_scaling"):
        (text.get(field) or {}).pop("partial_rotary_factor", None)
    if part is not None and text.get("rope_parameters") and case.chance(0.5):
        text["rope_parameters"]["partial_rotary_factor"] = part
    elif part is not None:
        text["partial_rotary_factor"] = part
    return part


@family("glm4")
def glm4(case):
    heads(case)
    text = case.text()
    text["head_dim"] = text.get("head_dim") or text["hidden_size"] // text["num_attention_heads"]
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    partial(case, 0.5, 0.5, 1.0, 0.25, None)
    case.maybe(0.5, "attention_bias", True, False)


@family("glm4v")
def glm4v(case):
    _, _, length, _ = heads(case, explicit=False, dims=(16, 24, 32))
    text = case.text()
    case.config["vision_config"]["out_hidden_size"] = text["hidden_size"]
    # Its head's length is that of the stream's share.
    text.pop("head_dim", None)
    sizes(case)
    activation(case)
    case.maybe(0.3, "attention_bias", True, False)
    rope(case, ("linear", "yarn", "dynamic"))
    part = partial(case, 0.5, 0.5, 1.0, 0.25, None)
    pairs = int(length * (part or 1.0)) // 2
    time, height = max(1, pairs // 4), pairs // 3
    place = text.get("rope_parameters") or text.get("rope_scaling")
    if place is None:
        place = text["rope_scaling"] = {"rope_type": "default"}
    place["mrope_section"] = [time, height, pairs - time - height]


@family("glm_ocr")
def glm_ocr(case):
    glm4v(case)
    text = case.text()
    if case.chance(0.5):
        case.put(head_dim=text["hidden_size"] // text["num_attention_heads"])
    else:
        text.pop("head_dim", None)
    case.maybe(0.4, "num_nextn_predict_layers", 0, 1)

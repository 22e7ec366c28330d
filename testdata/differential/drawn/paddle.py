"""The text part of PaddleOCR VL."""
from drawn.qwen_vl import sections
from families import activation, family, heads, rope, sizes


@family("paddleocr_vl")
def paddleocr_vl(case):
    _, _, length, _ = heads(case)
    text = case.text()
    text.setdefault("head_dim", None)
    if text["head_dim"] is None and case.chance(0.3):
        # The class's own default.
        del text["head_dim"]
        length = 128
    sizes(case)
    activation(case)
    rope(case, ("linear", "yarn"))
    sections(case, length)
    for part in ("rope_parameters", "rope_scaling"):
        # Its class does not know this name.
        if (text.get(part) or {}).get("type") == "mrope":
            text[part]["type"] = "default"
    case.maybe(0.3, "use_bias", True, False)
    case.maybe(0.5, "tie_word_embeddings", True, False)
    if case.chance(0.3):
        case.output_of = "model.language_model.embed_tokens.weight"

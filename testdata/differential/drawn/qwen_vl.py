"""Models of Qwen that also see, hear or speak: their text part."""
from families import activation, family, heads, qwen_experts, qwen_window, rope, sizes, tie

# What Qwen 2.5 VL and others say twice, at the top and in text_config, when a newer version of transformers saves them.
OUTSIDE = ("architectures", "model_type", "torch_dtype", "dtype", "transformers_version", "text_config", "vision_config",
           "audio_config", "image_token_id", "video_token_id")

MISREAD = "it takes experts with outputs before inputs for the other order"


def only_inside(case):
    for field in [name for name in case.config if name not in OUTSIDE]:
        del case.config[field]


def sections(case, length, interleaved=False):
    """Pairs of a head for time, height and width."""
    text, pairs = case.text(), length // 2
    time, height = sorted(case.random.sample(range(1, pairs), 2)) if pairs > 2 else (1, pairs)
    parts = [time, height - time, pairs - height]
    if interleaved:
        # Each third pair is of height and of width, up to a length.
        parts = [pairs - 2 * (pairs // 3), pairs // 3, pairs // 3]
    if text.get("rope_parameters") is not None:
        where = text["rope_parameters"]
    else:
        where = text["rope_scaling"] = text.get("rope_scaling") or {case.pick("type", "rope_type"): "default"}
        if "type" in where and where["type"] == "default" and not interleaved:
            where["type"] = "mrope"
    where["mrope_section"] = parts
    if interleaved:
        where["mrope_interleaved"] = True


@family("qwen2_vl")
def qwen2_vl(case):
    _, _, length, _ = heads(case, explicit=False)
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    sections(case, length)
    qwen_window(case)


@family("qwen2_5_vl")
def qwen2_5_vl(case):
    only_inside(case)
    case.text().pop("layer_types")
    _, _, length, _ = heads(case, explicit=False)
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    sections(case, length)
    qwen_window(case)
    case.output_of = case.output_of and "model.language_model.embed_tokens.weight"


def tied_outside(case):
    """The class of the whole says whether embeddings are tied."""
    tie(case)
    tied = case.text().pop("tie_word_embeddings", None)
    case.config.pop("tie_word_embeddings", None)
    if tied is not None:
        case.config["tie_word_embeddings"] = case.text()["tie_word_embeddings"] = tied
    case.output_of = case.output_of and "model.language_model.embed_tokens.weight"


def qwen3(case):
    heads(case)
    text = case.text()
    text["head_dim"] = text.get("head_dim") or case.pick(8, 16)
    sizes(case)
    activation(case)
    tied_outside(case)
    rope(case)
    case.maybe(0.3, "attention_bias", True, False)
    return text["head_dim"]


@family("qwen3_vl")
def qwen3_vl(case):
    sections(case, qwen3(case), interleaved=True)
    if case.chance(0.3):
        del case.config["vision_config"]["deepstack_visual_indexes"]
        case.config["vision_config"]["depth"] = 25


@family("qwen3_vl_moe")
def qwen3_vl_moe(case):
    length = qwen3(case)
    if case.chance(0.3):
        del case.text()["head_dim"]
        length = case.text()["hidden_size"] // case.text()["num_attention_heads"] // 2 * 2
        case.put(hidden_size=length * case.text()["num_attention_heads"])
    sections(case, length, interleaved=True)
    qwen_experts(case)
    case.fused = False
    # Of square matrices, transformers cannot tell in which order they are.
    text = case.text()
    while text["hidden_size"] in (text["moe_intermediate_size"], 2 * text["moe_intermediate_size"]):
        text["moe_intermediate_size"] += 4
    if case.chance(0.3):
        case.misread = MISREAD
    else:
        case.stored = published_experts


def published_experts(shapes):
    """Inputs before outputs; transformers takes both orders and saves the other one."""
    return {name: [shape[0], shape[2], shape[1]] if ".mlp.experts." in name else shape for name, shape in shapes.items()}


def thinking(case):
    """Names are those of the whole, of which the part that writes text is computed."""
    original = case.stored
    case.stored = lambda shapes: {"thinker." + name: shape for name, shape in original(shapes).items()}
    case.output_of = None


@family("qwen3_omni")
def qwen3_omni(case):
    sections(case, qwen3(case), interleaved=True)
    case.config.pop("tie_word_embeddings", None)
    case.text().pop("tie_word_embeddings", None)
    qwen_experts(case)
    if case.fused:
        case.misread = MISREAD
    thinking(case)


@family("qwen2_5_omni")
def qwen2_5_omni(case):
    _, _, length, _ = heads(case, explicit=False)
    sizes(case)
    activation(case)
    rope(case)
    sections(case, length)
    scaling = case.text().get("rope_scaling") or {}
    if scaling.get("type") == "mrope":
        # Its class does not know this name.
        scaling["type"] = "default"
    qwen_window(case)
    thinking(case)


@family("qwen3_asr")
def qwen3_asr(case):
    case.text().pop("layer_types")
    qwen3(case)
    qwen_window(case)

"""GLM with experts."""
from families import activation, family, heads, latent, rope, sizes, tie

from drawn.glm4 import partial


def predictor(case):
    """A layer that predicts a further token, which transformers does not save: beside the others, or only counted, or neither."""
    case.maybe(0.3, "num_nextn_predict_layers", 0, 1)
    if case.text().get("num_nextn_predict_layers", 1) != 1 or case.chance(0.3):
        return
    number = case.text()["num_hidden_layers"]
    last, new = f"model.layers.{number - 1}.", f"model.layers.{number}."
    usual = case.more_tensors

    def more(shapes):
        hidden, words = case.text()["hidden_size"], case.text()["vocab_size"]
        found = usual(shapes) | {new + name[len(last):]: shape for name, shape in shapes.items() if name.startswith(last)}
        found |= {new + "eh_proj.weight": [hidden, 2 * hidden], new + "enorm.weight": [hidden], new + "hnorm.weight": [hidden]}
        if shared:
            found |= {new + "shared_head.norm.weight": [hidden]}
        if own:
            found |= {new + "embed_tokens.weight": [words, hidden], new + "shared_head.head.weight": [words, hidden]}
        return found

    shared, own = case.chance(0.8), case.chance(0.5)
    case.more_tensors = more


def experts(case):
    layers = case.text()["num_hidden_layers"]
    case.put(n_routed_experts=case.pick(4, 8), num_experts_per_tok=case.pick(1, 2, 3), moe_intermediate_size=case.pick(16, 32, 40),
             first_k_dense_replace=case.pick(*range(layers)))
    case.maybe(0.4, "n_shared_experts", 1, 2)
    case.maybe(0.4, "routed_scaling_factor", 1.0, 2.5)
    case.maybe(0.3, "norm_topk_prob", True, False)
    if case.chance(0.3):
        case.put(n_group=2, topk_group=1, num_experts_per_tok=case.pick(1, 2))
    case.fused = case.chance(0.3)


@family("glm4_moe")
def glm4_moe(case):
    heads(case, dims=(16, 24, 32))
    sizes(case)
    activation(case)
    tie(case)
    experts(case)
    rope(case, ("yarn", "linear"))
    if case.text().get("head_dim", 0) is None:
        # Its class computes with it.
        case.text().pop("head_dim")
    case.maybe(0.5, "partial_rotary_factor", 0.5, 0.25, 1.0)
    case.maybe(0.5, "attention_bias", True, False)
    case.maybe(0.5, "use_qk_norm", True, False)
    predictor(case)


@family("glm4v_moe")
def glm4v_moe(case):
    _, _, length, _ = heads(case, explicit=False, dims=(16, 24, 32))
    text = case.text()
    case.config["vision_config"]["out_hidden_size"] = text["hidden_size"]
    text.pop("head_dim", None)
    sizes(case)
    activation(case)
    experts(case)
    case.maybe(0.4, "attention_bias", True, False)
    case.maybe(0.3, "use_qk_norm", False)
    rope(case, ("linear", "yarn"))
    part = partial(case, 0.5, 0.5, 1.0, 0.25, None)
    pairs = int(length * (part or 0.5)) // 2
    time, height = max(1, pairs // 4), pairs // 3
    place = text.get("rope_parameters") or text.get("rope_scaling")
    if place is None:
        place = text["rope_scaling"] = {"rope_type": "default"}
    place["mrope_section"] = [time, height, pairs - time - height]


@family("glm4_moe_lite")
def glm4_moe_lite(case):
    sizes(case)
    latent(case)
    tie(case)
    experts(case)
    rope(case, ("yarn", "linear"))
    case.maybe(0.3, "q_lora_rank", 24, 48, None)
    case.text().setdefault("q_lora_rank", 48)
    case.maybe(0.3, "rope_interleave", True, False)
    layers, dense = case.text()["num_hidden_layers"], case.text()["first_k_dense_replace"]
    # Its class reads only the types.
    case.put(mlp_layer_types=["dense"] * dense + ["sparse"] * (layers - dense))
    if dense == 1:
        case.maybe(0.5, "mlp_layer_types")
        case.maybe(0.3, "first_k_dense_replace")
    predictor(case)


@family("solar_open")
def solar_open(case):
    heads(case, dims=(16, 24, 32))
    text = case.text()
    text["head_dim"] = text.get("head_dim") or text["hidden_size"] // text["num_attention_heads"]
    sizes(case)
    activation(case)
    tie(case)
    experts(case)
    case.put(first_k_dense_replace=0)
    case.maybe(0.4, "first_k_dense_replace", 0, 1)
    rope(case, ("yarn", "linear"))
    # Its class rotates whole heads or fails.
    partial(case, 1.0, 1.0, None)
    case.maybe(0.4, "attention_bias", True, False)

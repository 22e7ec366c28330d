"""Llama's network with other activations, norms and names."""
from families import activation, family, heads, rope, scaled, sizes, tie, window


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


@family("apertus")
def apertus(case):
    heads(case)
    case.put(hidden_size=case.text()["num_attention_heads"] * case.pick(8, 16, 24))
    if case.text().get("head_dim", 0) is None:
        # Its class takes a null for a length.
        del case.text()["head_dim"]
    sizes(case)
    if case.chance(0.2):
        case.put(hidden_act=case.pick("relu2", "gelu"))
    tie(case)
    if case.chance(0.7):
        rope(case)
    else:
        case.maybe(0.5, "rope_scaling", None)
        case.maybe(0.5, "rope_theta", 500000.0)
    case.maybe(0.4, "attention_bias", True, False)
    case.maybe(0.2, "num_key_value_heads", None)


@family("stablelm")
def stablelm(case):
    heads(case, explicit=False)
    sizes(case)
    case.maybe(0.3, "layer_norm_eps", 1e-5, 1e-3)
    activation(case)
    tie(case)
    if case.chance(0.5):
        rope(case)
    case.maybe(0.4, "partial_rotary_factor", 0.25, 0.5, 1.0)
    case.maybe(0.4, "use_qkv_bias", True, False)
    case.maybe(0.5, "qk_layernorm", True, False)
    case.maybe(0.5, "use_parallel_residual", True, False)


@family("nemotron")
def nemotron(case):
    heads(case)
    if "num_key_value_heads" not in case.text():
        # Its class leaves a missing number so, and fails.
        case.put(num_key_value_heads=case.text()["num_attention_heads"])
    sizes(case)
    case.text().pop("rms_norm_eps", None)
    case.maybe(0.3, "norm_eps", 1e-5, 1e-3)
    activation(case)
    tie(case)
    if case.chance(0.6):
        rope(case)
    case.maybe(0.4, "partial_rotary_factor", 0.25, 0.5, 1.0)
    case.maybe(0.4, "attention_bias", True, False)
    case.maybe(0.4, "mlp_bias", True, False)


@family("mellum")
def mellum(case):
    heads(case)
    if not case.text().get("head_dim"):
        case.put(head_dim=case.pick(8, 16))
    sizes(case)
    activation(case)
    tie(case)
    layers = case.text()["num_hidden_layers"]
    case.put(layer_types=[case.pick("full_attention", "sliding_attention") for _ in range(layers)],
             sliding_window=case.pick(4, 9, 16))
    case.text().pop("mlp_layer_types")
    if case.chance(0.1):
        case.put(mlp_layer_types=[case.pick("dense", "sparse") for _ in range(layers)])
    if case.chance(0.2):
        del case.text()["layer_types"]
    case.maybe(0.2, "use_sliding_window", True, False)
    rope = case.text()["rope_parameters"]
    rope["full_attention"]["rope_theta"] = case.pick(10000.0, 500000.0)
    if case.chance(0.4):
        rope["full_attention"] |= scaled(case, case.pick("yarn", "linear", "llama3"))
    if case.chance(0.2):
        rope["sliding_attention"] |= scaled(case, "linear")
    case.maybe(0.15, "rope_parameters")
    experts = case.pick(2, 4, 8)
    case.text().pop("num_local_experts", None)
    case.put(num_experts=experts, num_experts_per_tok=case.random.randint(1, min(4, experts)),
             moe_intermediate_size=case.pick(16, 24, 48))
    case.maybe(0.4, "norm_topk_prob", True, False)
    case.maybe(0.3, "attention_bias", True, False)


@family("iquestcoder")
def iquestcoder(case):
    heads(case)
    case.put(hidden_size=case.text()["num_attention_heads"] * case.pick(8, 16, 24),
             head_dim=case.pick(8, 16, None))
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    case.maybe(0.4, "attention_bias", True, False)
    case.maybe(0.4, "mlp_bias", True, False)
    if case.chance(0.2):
        case.put(num_key_value_heads=None)


def text_of_llama(case):
    heads(case)
    # Llama's class wants a width that heads divide.
    case.put(hidden_size=case.text()["num_attention_heads"] * case.pick(8, 16, 24))
    sizes(case)
    activation(case)
    rope(case)
    case.maybe(0.3, "attention_bias", True, False)
    case.maybe(0.3, "mlp_bias", True, False)


def published_llama(case):
    """What a class that is published with a model must be told."""
    heads(case)
    if not case.text().get("head_dim"):
        case.text().pop("head_dim", None)
    if "num_key_value_heads" not in case.text():
        case.put(num_key_value_heads=case.text()["num_attention_heads"])
    sizes(case)
    case.text().setdefault("rms_norm_eps", 1e-6)
    activation(case)


@family("llava")
def llava(case):
    text_of_llama(case)


@family("pixtral")
def pixtral(case):
    heads(case)
    case.put(head_dim=case.text().get("head_dim") or case.pick(8, 16))
    sizes(case)
    activation(case)
    rope(case)
    window(case, 0.4)


@family("voxtral")
def voxtral(case):
    text_of_llama(case)
    # Its class has other sizes than Llama's.
    case.text().setdefault("num_key_value_heads", case.text()["num_attention_heads"])
    case.put(head_dim=case.text().get("head_dim") or case.pick(8, 16))


@family("janus")
def janus(case):
    text_of_llama(case)
    case.config["vision_config"]["projection_dim"] = case.text()["hidden_size"]
    case.config["vq_config"]["image_token_embed_dim"] = case.text()["hidden_size"]
    case.config["vq_config"]["projection_dim"] = case.text()["hidden_size"]


@family("smolvlm")
def smolvlm(case):
    text_of_llama(case)


@family("kormo")
def kormo(case):
    published_llama(case)
    rope(case, ("linear", "yarn"))
    case.maybe(0.4, "attention_bias", True, False)


@family("maincoder")
def maincoder(case):
    published_llama(case)
    tie(case)
    if not case.text().get("tie_word_embeddings"):
        case.put(tie_word_embeddings=False)
    rope(case, ("linear", "yarn"))
    case.maybe(0.4, "attention_bias", True, False)


@family("sarashina2_vision")
def sarashina2_vision(case):
    text_of_llama(case)


@family("nanbeige")
def nanbeige(case):
    published_llama(case)
    rope(case)
    case.text().setdefault("rope_theta", 10000.0)
    case.maybe(0.4, "attention_bias", True, False)
    case.maybe(0.6, "num_loops", 1, 2, 3)
    case.maybe(0.5, "skip_loop_final_norm", True, False)


@family("deci")
def deci(case):
    heads(case)
    case.text().pop("head_dim", None)
    count = case.text()["num_attention_heads"]
    case.put(hidden_size=count * case.pick(8, 16, 24), num_key_value_heads=None)
    sizes(case)
    case.put(rms_norm_eps=1e-5)
    layers = case.text()["num_hidden_layers"]
    groups = [n for n in range(1, count + 1) if count % n == 0]
    activation(case)
    case.put(rope_theta=case.pick(10000.0, 500000.0), rope_scaling=None)
    case.maybe(0.4, "attention_bias", True, False)
    if case.chance(0.3):
        del case.text()["block_configs"]
        case.text().pop("num_key_value_heads")
        case.put(model_type="deci", num_key_value_heads_per_layer=[case.pick(*groups) for _ in range(layers)])
        rope(case, ("linear", "yarn"))
        case.text().setdefault("rope_theta", 10000.0)
        return
    case.put(intermediate_size=None)
    blocks = case.text()["block_configs"]
    case.put(block_configs=[
        {"attention": {**blocks[0]["attention"], **case.pick(
            {"n_heads_in_group": case.pick(*groups)}, {"n_heads_in_group": case.pick(*groups)},
            {"n_heads_in_group": None, "no_op": True},
            {"n_heads_in_group": None, "replace_with_linear": True})},
         "ffn": {**blocks[0]["ffn"], "ffn_mult": case.pick(0.5, 2.625, 5.25, 8.0, None)}}
        for _ in range(layers)])

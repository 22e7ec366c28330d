"""Models of which some layers attend and others keep a state."""
from drawn.granite import experts, scales
from drawn.state_spaces import groups
from families import family, heads, rope, sizes, tie


def spaces(case, expand=True):
    """State spaces; twice as many features as the residual stream has, as llama.cpp wants."""
    text = case.text()
    shared, count, length = groups(case)
    _, kv, head, hidden = heads(case, explicit=False, dims=(8, 16, 24, 32))
    if kv == text["num_attention_heads"] and text["model_type"] != "falcon_h1":
        case.maybe(0.3, "num_key_value_heads", None)
    if expand:
        count = shared
        while hidden * 2 // count > 24 and hidden * 2 % (count * 2) == 0:
            count *= 2
        length = hidden * 2 // count
    case.put(mamba_n_groups=shared, mamba_n_heads=count, mamba_d_head=length, mamba_d_state=case.pick(4, 8, 16, 24),
             mamba_d_conv=case.pick(2, 4, 4, 6))
    sizes(case, layers=(2, 2, 3, 4))
    tie(case)
    rope(case)
    case.maybe(0.3, "attention_bias", True, False)
    case.maybe(0.3, "mamba_conv_bias", True, False)
    case.maybe(0.2, "mamba_chunk_size", 16)
    # Published files say from 0 to Infinity, which is no JSON.
    case.maybe(0.3, "time_step_limit", [0.0, 0.5], [0.1, 100.0])
    return count * length


def granite(case):
    spaces(case)
    scales(case)
    layers = case.text()["num_hidden_layers"]
    kinds = [case.pick("mamba", "mamba", "attention") for _ in range(layers)]
    # transformers fails if no layer attends.
    kinds[:2] = case.pick(["attention", "mamba"], ["mamba", "attention"])
    case.put(layer_types=kinds)
    case.maybe(0.3, "position_embedding_type", "rope", None)
    case.maybe(0.2, "mamba_d_head", "auto")


@family("granite4_h")
def granite4_h(case):
    granite(case)
    case.put(shared_intermediate_size=case.text()["intermediate_size"])
    if case.chance(0.2):
        case.put(shared_intermediate_size=80)


@family("granite4_h_moe")
def granite4_h_moe(case):
    granite(case)
    experts(case)
    case.put(shared_intermediate_size=case.pick(24, 48, 64))


@family("bamba")
def bamba(case):
    spaces(case)
    text = case.text()
    # transformers fails if no layer attends.
    attending = case.pick(0, 1)
    case.put(attn_layer_indices=[attending] + [layer for layer in range(2, text["num_hidden_layers"]) if case.chance(0.4)])
    case.maybe(0.2, "attn_rotary_emb", text["hidden_size"] // text["num_attention_heads"] // 2)
    case.maybe(0.3, "mlp_bias", True, False)
    case.maybe(0.2, "mamba_d_head", "auto")


def change(case, p, field, *values):
    """Seldom nothing, where the reference fails."""
    if case.chance(p):
        case.put(**{field: case.pick(*values)})
    elif case.chance(0.02):
        case.text().pop(field)


@family("falcon_h1")
def falcon_h1(case):
    inner = spaces(case, expand=False)
    text = case.text()
    case.put(mamba_d_ssm=inner, head_dim=text["hidden_size"] // text["num_attention_heads"])
    change(case, 0.1, "head_dim", 16, 24)
    case.put(mamba_rms_norm=case.chance(0.5))
    case.maybe(0.3, "mamba_norm_before_gate", True, False)
    case.maybe(0.3, "mlp_bias", True, False)
    case.maybe(0.2, "projectors_bias", True, False)
    case.maybe(0.1, "mamba_proj_bias", True)
    for field in ("attention_in_multiplier", "attention_out_multiplier", "key_multiplier", "ssm_in_multiplier", "ssm_out_multiplier"):
        change(case, 0.3, field, 0.7, 1.1, 1.0)
    change(case, 0.3, "embedding_multiplier", 1.0, 3.3)
    change(case, 0.7, "lm_head_multiplier", 1.0, 0.3, 2.0)
    change(case, 0.2, "mlp_multipliers", [1.3, 0.4])
    change(case, 0.2, "ssm_multipliers", [0.3, 0.9, 1.7, 0.6, 1.1])
    change(case, 0.05, "mamba_d_head", "auto")

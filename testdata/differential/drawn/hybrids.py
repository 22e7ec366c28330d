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

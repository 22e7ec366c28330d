"""Baichuan, Orion, Jais and ruGPT-3 XL: networks whose positions or scales follow from other fields."""
from families import activation, family, heads, rope, sizes, tie


def whole_heads(case):
    count = case.pick(1, 2, 3, 4)
    case.put(num_attention_heads=count, hidden_size=count * case.pick(8, 16))
    case.put(intermediate_size=case.pick(32, 48))
    case.put(rms_norm_eps=case.pick(1e-6, 1e-5, 1e-3))


@family("baichuan2")
def baichuan2(case):
    """llama.cpp knows the positions by the number of layers, the network by the lengths that config.json names."""
    whole_heads(case)
    if case.chance(0.4):
        case.put(num_hidden_layers=case.pick(1, 2, 3))
    case.maybe(0.3, "z_loss_weight")
    case.maybe(0.3, "max_position_embeddings")
    activation(case)


@family("baichuan_13b")
def baichuan_13b(case):
    whole_heads(case)
    if case.chance(0.3):
        case.put(num_hidden_layers=case.pick(1, 2, 3))
    if case.chance(0.4):
        case.put(z_loss_weight=0)
    activation(case)


@family("orion")
def orion(case):
    heads(case, explicit=False)
    sizes(case)
    case.text().setdefault("rms_norm_eps", 1e-5)
    activation(case)
    rope(case)
    case.maybe(0.4, "max_sequence_length", 128)


@family("jais")
def jais(case):
    """Scales under the names of the older and of the newer models."""
    count = case.pick(1, 2, 3, 4, 6)
    case.put(n_head=count, n_embd=count * case.pick(8, 16), n_layer=case.pick(1, 2, 3), n_inner=case.pick(48, 100))
    case.put(layer_norm_epsilon=case.pick(1e-5, 1e-5, 1e-3))
    if case.chance(0.5):
        for field in ("embeddings_scale", "width_scale", "scale_qk_dot_by_d"):
            case.text().pop(field)
        case.put(mup_embeddings_scale=case.pick(9.1705785388303, 2.5), mup_output_alpha=case.pick(1.09518349815769, 2.2),
                 mup_width_scale=case.pick(0.16666666666666666, 0.5), mup_scale_qk_dot_by_d=case.pick(True, True, False))
    else:
        case.maybe(0.3, "scale_qk_dot_by_d", False)
    case.put(tie_word_embeddings=case.pick(True, False))


@family("jais2")
def jais2(case):
    heads(case)
    case.text().setdefault("head_dim", None)
    case.put(num_hidden_layers=case.pick(1, 2, 3), intermediate_size=case.pick(48, 96, 160))
    case.maybe(0.3, "layer_norm_eps", 1e-5, 1e-3)
    if case.chance(0.3):
        case.put(hidden_act=case.pick("relu", "silu", "gelu"))
    tie(case)
    rope(case)
    case.maybe(0.3, "attention_bias", True, False)
    case.maybe(0.3, "mlp_bias", True, False)


@family("xverse")
def xverse(case):
    heads(case, explicit=False)
    sizes(case)
    activation(case)
    if case.chance(0.6):
        rope(case, ("linear", "yarn", "dynamic"))


@family("rugpt3xl")
def rugpt3xl(case):
    """Windows of a few blocks of tokens, and a last one that is cut."""
    count = case.pick(1, 2, 3, 4)
    case.put(num_attention_heads=count, hidden_size=count * case.pick(8, 16), num_hidden_layers=case.pick(1, 2, 3),
             intermediate_size=case.pick(48, 100))
    case.put(layer_norm_eps=case.pick(1e-5, 1e-5, 1e-3))
    case.maybe(0.4, "tie_word_embeddings", False)
    activation(case)
    if case.chance(0.7):
        near = case.pick(2, 3, 4, 8)
        far = case.pick(1, 1, 2)
        case.put(sparse_mode=case.pick("alternating", "all"), sparse_block_size=case.pick(2, 3, 4, 8),
                 sparse_num_local_blocks=near, sparse_num_global_blocks=far,
                 sparse_num_different_global_patterns=case.random.randint(1, near // far))
        case.put(max_position_embeddings=case.pick(42, 64, 100))

"""Phi 1 to 2 and the StarCoders, and others that Microsoft and publishers of models for code made."""
from families import activation, family, rope, sizes, tie, window


def shared_heads(case, most=4):
    kv = case.pick(1, 1, 2, 3, most)
    return kv, kv * case.pick(1, 1, 2, 3)


@family("phi2")
def phi2(case):
    """Some have keys and values that heads share, which no published model has."""
    kv, count = shared_heads(case)
    length = case.pick(8, 16, 20, 32)
    case.put(num_attention_heads=count, num_key_value_heads=kv if case.chance(0.4) else count, hidden_size=count * length)
    case.maybe(0.3, "num_key_value_heads", None, count)
    case.put(num_hidden_layers=case.pick(1, 2, 3), intermediate_size=case.pick(48, 96, 4 * count * length))
    case.maybe(0.3, "layer_norm_eps", 1e-5, 1e-3)
    activation(case)
    tie(case)
    rope(case)
    case.maybe(0.5, "partial_rotary_factor", 0.5, 0.25, 1.0)
    case.maybe(0.3, "qk_layernorm", True, False)


@family("starcoder2")
def starcoder2(case):
    kv, count = shared_heads(case)
    length = case.pick(8, 16, 32)
    case.put(num_attention_heads=count, num_key_value_heads=kv, hidden_size=count * length)
    if case.chance(0.2):
        case.put(head_dim=case.pick(8, 24))
    case.put(num_hidden_layers=case.pick(1, 2, 3), intermediate_size=case.pick(48, 96, 160))
    case.maybe(0.3, "norm_epsilon", 1e-5, 1e-3)
    activation(case)
    tie(case)
    rope(case)
    case.maybe(0.5, "sliding_window", 4, 9, 16, None)
    case.maybe(0.3, "use_bias", True, False)


@family("starcoder")
def starcoder(case):
    """Some have keys and values of each head, which no published model has."""
    count = case.pick(1, 2, 3, 4)
    hidden = count * case.pick(8, 16, 32)
    case.put(n_head=count, n_embd=hidden, n_layer=case.pick(1, 2, 3), n_inner=case.pick(64, 100, 4 * hidden))
    case.maybe(0.4, "n_inner", None)
    case.maybe(0.4, "multi_query", True, False)
    activation(case, "activation_function")
    case.maybe(0.3, "scale_attn_weights", True, False)
    case.maybe(0.3, "layer_norm_epsilon", 1e-5, 1e-3)
    tie(case)


@family("phimoe")
def phimoe(case):
    kv, count = shared_heads(case)
    length = case.pick(8, 16, 32)
    case.put(num_attention_heads=count, num_key_value_heads=kv, hidden_size=count * length)
    sizes(case, (1, 2, 3))
    activation(case)
    tie(case)
    window(case, 0.4)
    experts = case.pick(2, 3, 4, 8)
    case.put(num_local_experts=experts)
    case.fused = case.chance(0.3)
    case.maybe(0.3, "router_jitter_noise", 0.0, 0.1, 0.4)
    case.maybe(0.3, "attention_bias", False, True)
    case.maybe(0.3, "lm_head_bias", False, True)
    case.maybe(0.3, "rope_theta", 10000.0, 500000.0)
    if case.chance(0.3):
        case.put(rope_scaling=None)
        return
    short = case.pick(1.0, 1.2)
    original = case.pick(16, 64, 4096)
    case.put(original_max_position_embeddings=original, max_position_embeddings=case.pick(131072, 8192), rope_scaling={
        "type": "longrope", "short_factor": [1 + 0.1 * i for i in range(length // 2)],
        "long_factor": [2 + 0.25 * i for i in range(length // 2)], "short_mscale": short,
        "long_mscale": case.pick(short, short, 1.4), "original_max_position_embeddings": original})


@family("codeshell")
def codeshell(case):
    kv, count = shared_heads(case)
    case.put(n_head=count, num_query_groups=kv, n_embd=count * case.pick(8, 16, 32), n_layer=case.pick(1, 2, 3),
             n_inner=case.pick(48, 100, 160))
    case.maybe(0.3, "n_inner", None)
    case.text().setdefault("n_inner", None)
    activation(case, "activation_function")
    case.maybe(0.3, "layer_norm_epsilon", 1e-3)
    case.text().setdefault("layer_norm_epsilon", 1e-5)
    if case.chance(0.3):
        case.put(rope_scaling={"type": case.pick("linear", "dynamic"), "factor": case.pick(2.0, 4.0)},
                 n_positions=case.pick(16, 256))
    case.maybe(0.5, "tie_word_embeddings", True, False)


@family("refact")
def refact(case):
    count = case.pick(1, 2, 3, 4, 6)
    case.put(n_head=count, n_embd=count * case.pick(8, 16, 32), n_layer=case.pick(1, 2, 3))
    case.put(layer_norm_epsilon=case.pick(1e-5, 1e-5, 1e-3))
    case.maybe(0.5, "tie_word_embeddings", True, False)
    case.text().pop("do_sample", None)

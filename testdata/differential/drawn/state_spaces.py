"""Models whose layers keep a state."""
from families import family, tie


def groups(case):
    """Heads that share the vectors of a group, and their length."""
    count = case.pick(1, 1, 2, 4)
    return count, count * case.pick(1, 2, 3), case.pick(8, 12, 16)


@family("mamba2")
def mamba2(case):
    shared, heads, length = groups(case)
    expand = case.pick(1, 2, 2, 3)
    while heads * length % expand:
        length += 4
    hidden = heads * length // expand
    case.put(n_groups=shared, num_heads=heads, head_dim=length, hidden_size=hidden, expand=expand, intermediate_size=expand * hidden,
             state_size=case.pick(4, 8, 16, 24), conv_kernel=case.pick(2, 4, 4, 6), num_hidden_layers=case.pick(1, 2, 3, 4))
    case.maybe(0.3, "intermediate_size")
    case.maybe(0.3, "layer_norm_epsilon", 1e-6, 1e-3)
    # Published files say from 0 to Infinity, which is no JSON.
    case.maybe(0.3, "time_step_limit", [0.0, 0.5], [0.1, 100.0])
    tie(case)


def pattern(case, letters):
    """Layers of three kinds, all of which occur."""
    first = list(letters)
    case.random.shuffle(first)
    return "".join(first + [case.pick(*letters) for _ in range(case.pick(0, 1, 2, 3))])


def nemotron_layers(case, letters):
    layers = pattern(case, letters)
    case.put(num_hidden_layers=len(layers), hybrid_override_pattern=layers)
    case.maybe(0.2, "num_hidden_layers")
    if "num_hidden_layers" not in case.config:
        # The reference's converter counts a list, and cannot do without the number beside a pattern.
        kinds = {"M": case.pick("mamba", "linear_attention"), "*": case.pick("attention", "full_attention"), "-": "mlp", "E": "moe"}
        case.config.pop("hybrid_override_pattern")
        case.put(layers_block_type=[kinds[letter] for letter in layers])


@family("nemotron_h")
def nemotron_h(case):
    nemotron_layers(case, "M*-")
    nemotron_sizes(case)
    case.maybe(0.3, "mlp_bias", True)
    if case.chance(0.1):
        case.put(mlp_hidden_act=case.pick("silu", "relu", "gelu"))


def nemotron_sizes(case):
    kv, length = case.pick(1, 2, 3), case.pick(8, 16, 24)
    shared, heads, inner = groups(case)
    # The reference's converter wants a multiple of 64.
    while heads * inner % 64:
        inner += 4
    hidden = case.pick(32, 48, 64, 96)
    case.put(num_key_value_heads=kv, num_attention_heads=kv * case.pick(1, 2, 4), head_dim=length, hidden_size=hidden,
             intermediate_size=case.pick(48, 80, 96), n_groups=shared, mamba_num_heads=heads, mamba_head_dim=inner,
             ssm_state_size=case.pick(4, 8, 16, 24), conv_kernel=case.pick(2, 4, 4, 6))
    case.maybe(0.3, "layer_norm_epsilon", 1e-6, 1e-3)
    case.maybe(0.3, "rms_norm_eps", 1e-6)
    case.maybe(0.3, "time_step_min", 1e-6, 0.3)
    case.maybe(0.2, "use_conv_bias", False)
    case.maybe(0.15, "use_bias", True)
    case.maybe(0.2, "max_position_embeddings", 64)
    case.maybe(0.2, "tie_word_embeddings", True)


def nemotron_experts(case):
    nemotron_layers(case, "M*E")
    nemotron_sizes(case)
    experts = case.pick(4, 8, 12)
    case.put(n_routed_experts=experts, num_experts_per_tok=case.pick(1, 2, 3), moe_intermediate_size=case.pick(16, 24, 40),
             moe_shared_expert_intermediate_size=case.pick(32, 48, 56))
    if case.chance(0.3):
        case.put(n_group=2, topk_group=case.pick(1, 2), num_experts_per_tok=2)
    case.maybe(0.3, "norm_topk_prob", False)
    case.maybe(0.3, "routed_scaling_factor", 1.0, 2.5)
    case.maybe(0.15, "mlp_bias", True)


@family("nemotron_h_moe")
def nemotron_h_moe(case):
    nemotron_experts(case)
    case.maybe(0.3, "moe_latent_size", None)


@family("nemotron_h_latent")
def nemotron_h_latent(case):
    nemotron_experts(case)
    case.put(moe_latent_size=case.pick(16, 24, 32))
    case.maybe(0.5, "num_nextn_predict_layers", 0)

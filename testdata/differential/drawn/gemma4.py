"""Gemma 4."""
from families import activation, family, tie

FULL, SLIDING = "full_attention", "sliding_attention"


def without_images(case):
    """The text model alone, of the class for it or of the one for all parts."""
    for part in ("vision_config", "audio_config"):
        case.config[part] = None
    if case.chance(0.5):
        case.config = dict(case.config["text_config"], architectures=["Gemma4ForCausalLM"])


def layers(case):
    """Which layers see a window, and how many of the last ones have no keys and values of their own."""
    count = case.pick(2, 3, 4, 5, 6)
    types = [case.pick(SLIDING, SLIDING, FULL) for _ in range(count - 1)] + [FULL]
    shared = case.random.randint(0, count - 1) if case.chance(0.6) else 0
    before = types[:count - shared]
    if set(before) != set(types):
        shared = 0
    case.put(num_hidden_layers=count, layer_types=types, num_kv_shared_layers=shared)
    if case.chance(0.2):
        case.text().pop("layer_types")
        case.put(num_kv_shared_layers=0)


def heads(case):
    own, whole = case.pick(1, 2), case.pick(1, 2)
    count = own * whole * case.pick(1, 2)
    case.put(num_attention_heads=count, num_key_value_heads=own, head_dim=case.pick(8, 16, 24),
             global_head_dim=case.pick(16, 32), attention_k_eq_v=case.chance(0.5),
             num_global_key_value_heads=case.pick(None, whole))


def rotary(case):
    if case.chance(0.2):
        case.text().pop("rope_parameters")
        return
    case.put(rope_parameters={
        FULL: {"rope_type": "proportional", "partial_rotary_factor": case.pick(0.25, 0.5, 1.0),
               "rope_theta": case.pick(1e6, 1e4)},
        SLIDING: {"rope_type": "default", "rope_theta": case.pick(1e4, 5e5)}})


def common(case):
    layers(case)
    heads(case)
    rotary(case)
    activation(case, "hidden_activation")
    tie(case)
    case.put(hidden_size=case.pick(32, 48, 64), intermediate_size=case.pick(48, 64, 96), sliding_window=case.pick(4, 8, 16))
    case.put(use_double_wide_mlp=case.chance(0.5))
    case.maybe(0.4, "final_logit_softcapping", None, 15.0)
    case.maybe(0.3, "rms_norm_eps", 1e-5)
    case.maybe(0.2, "use_bidirectional_attention", "vision")
    case.maybe(0.15, "attention_bias", True)


@family("gemma4")
def gemma4(case):
    without_images(case)
    common(case)
    case.put(hidden_size_per_layer_input=case.pick(0, 8, 16))
    if case.chance(0.4):
        count = case.pick(4, 8)
        case.put(enable_moe_block=True, num_experts=count, top_k_experts=case.pick(1, 2, 4), moe_intermediate_size=case.pick(16, 24))
        case.text().pop("expert_intermediate_size")


@family("gemma4_unified")
def gemma4_unified(case):
    for part in ("vision_config", "audio_config"):
        case.config[part] = None
    common(case)

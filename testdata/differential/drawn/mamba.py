"""Mamba, Falcon Mamba and Jamba."""
from families import ACTIVATIONS, activation, family, heads, tie


def common(case):
    hidden = case.pick(16, 24, 40, 48, 72)
    text = case.text()
    for field in ("d_model", "d_inner", "n_layer"):
        text.pop(field, None)
    layers = case.pick(1, 2, 3, 4)
    case.put(hidden_size=hidden, intermediate_size=2 * hidden, num_hidden_layers=layers, expand=2, state_size=case.pick(4, 8, 16, 20),
             conv_kernel=case.pick(2, 3, 4, 5), time_step_rank=case.pick(1, 2, 3, 5))
    case.maybe(0.3, "time_step_rank", "auto")
    case.maybe(0.3, "state_size")
    case.maybe(0.3, "conv_kernel")
    case.maybe(0.3, "expand", 16)
    if text.get("expand", 2) == 2:
        case.maybe(0.3, "intermediate_size")
    case.maybe(0.3, "layer_norm_epsilon", 1e-6, 1e-3)
    case.maybe(0.2, "use_bias", True)
    case.maybe(0.2, "use_conv_bias", False)
    case.maybe(0.3, "pad_vocab_size_multiple", 1, 8, 12)
    case.maybe(0.3, "residual_in_fp32", False)
    if case.chance(0.15):
        case.put(hidden_act=case.pick(*ACTIVATIONS))
    tie(case)
    if case.output_of:
        case.output_of = "backbone.embeddings.weight"


@family("mamba")
def mamba(case):
    common(case)


@family("falcon_mamba")
def falcon_mamba(case):
    common(case)
    case.maybe(0.5, "mixer_rms_eps", 1e-5, 1e-3)


@family("jamba")
def jamba(case):
    _, _, _, hidden = heads(case, explicit=False)
    period = case.pick(1, 2, 3, 4)
    step = case.pick(1, 2, 3)
    case.put(attn_layer_period=period, attn_layer_offset=case.random.randrange(period), expert_layer_period=step,
             expert_layer_offset=case.random.randrange(step), num_hidden_layers=case.pick(1, 2, 3, 5), intermediate_size=case.pick(48, 64, 72),
             mamba_d_state=case.pick(4, 8, 16, 20), mamba_d_conv=case.pick(2, 3, 4, 5), mamba_dt_rank=case.pick(1, 2, 3, "auto"),
             num_experts=case.pick(1, 2, 4, 6))
    case.put(num_experts_per_tok=case.random.randint(1, case.text()["num_experts"]))
    case.maybe(0.15, "attn_layer_period")
    case.maybe(0.15, "expert_layer_offset")
    case.maybe(0.3, "mamba_d_state")
    case.maybe(0.3, "mamba_d_conv")
    case.maybe(0.3, "rms_norm_eps", 1e-5, 1e-3)
    case.maybe(0.2, "mamba_proj_bias", True)
    case.maybe(0.2, "mamba_conv_bias", False)
    text = case.text()
    # What is left must go with what classes fill in.
    if text.get("attn_layer_offset", 4) >= text.get("attn_layer_period", 8) or text.get("expert_layer_offset", 1) >= text.get("expert_layer_period", 2):
        case.put(attn_layer_period=3, attn_layer_offset=2, expert_layer_period=2, expert_layer_offset=0)
    if text.get("num_key_value_heads", 8) and text["num_attention_heads"] % (text.get("num_key_value_heads") or 8):
        case.put(num_key_value_heads=text["num_attention_heads"])
    activation(case)
    tie(case)
    case.fused = case.chance(0.2)

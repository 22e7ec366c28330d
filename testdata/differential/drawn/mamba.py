"""Mamba and Falcon Mamba."""
from families import ACTIVATIONS, family, tie


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

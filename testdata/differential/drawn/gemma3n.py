"""Gemma 3n."""
from families import activation, family, tie

FULL, SLIDING = "full_attention", "sliding_attention"


@family("gemma3n")
def gemma3n(case):
    # What sees needs a library that is not here.
    case.config = dict(case.config["text_config"], architectures=["Gemma3nForCausalLM"])
    layers = case.pick(2, 3, 4, 5)
    types = [case.pick(SLIDING, SLIDING, FULL) for _ in range(layers)]
    shared = case.random.randint(0, layers - 1)
    if set(types[:layers - shared]) != set(types):
        shared = 0
    kv = case.pick(1, 2)
    heads = kv * case.pick(1, 2)
    case.put(num_hidden_layers=layers, layer_types=types, num_kv_shared_layers=shared, num_key_value_heads=kv,
             num_attention_heads=heads, head_dim=case.pick(8, 16), hidden_size=case.pick(32, 48, 64),
             hidden_size_per_layer_input=case.pick(8, 16), laurel_rank=case.pick(4, 8),
             sliding_window=case.pick(4, 8, 16), intermediate_size=case.pick(48, [64] * layers, [96] * layers),
             activation_sparsity_pattern=case.pick(None, [0.95] + [0.0] * (layers - 1), [0.5, 0.9] + [0.0] * (layers - 2)))
    activation(case, "hidden_activation")
    tie(case)
    case.maybe(0.3, "rms_norm_eps", 1e-5)
    case.maybe(0.3, "rope_theta", 1e4, 5e5)
    case.maybe(0.3, "rope_local_base_freq", 5e4)
    case.maybe(0.3, "final_logit_softcapping", 15.0)
    case.maybe(0.2, "altup_active_idx", 1, 3)
    case.maybe(0.1, "attention_bias", True)
    if case.chance(0.3):
        case.put(rope_scaling={"rope_type": "linear", "factor": case.pick(2.0, 8.0)})

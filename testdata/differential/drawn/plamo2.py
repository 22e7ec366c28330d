"""PLaMo 2: layers of two kinds, of which some see the whole text."""
from families import family


@family("plamo2")
def plamo2(case):
    keys, length = case.pick(1, 1, 2, 3), case.pick(8, 12, 16)
    case.put(num_key_value_heads=keys, num_attention_heads=keys * case.pick(1, 2, 4), hidden_size_per_head=length,
             hidden_size=case.pick(48, 64, 80), mamba_num_heads=case.pick(1, 2, 3, 5, 8), mamba_d_state=case.pick(4, 8, 16, 24),
             mamba_d_conv=case.pick(2, 3, 4, 4), mamba_step=case.pick(2, 2, 2, 3, 4, 8))
    layers = case.pick(2, 3, 4, 5)
    if case.chance(0.2):
        # Wide enough for more than 64 features that steps are made of; single precision then allows few layers.
        layers = 2
        case.put(hidden_size=1040)
    case.put(num_hidden_layers=layers, intermediate_size=case.pick(48, 64, 96))
    case.maybe(0.3, "rms_norm_eps")
    case.maybe(0.2, "mamba_enabled", False)
    case.maybe(0.4, "attention_window_size", 4, 15, 31, 2048)
    case.put(full_attention_idx=[layer for layer in range(layers) if case.chance(0.4)])
    case.maybe(0.4, "full_attention_idx", [], None)
    case.maybe(0.4, "rope_theta", 10000, 500000.0)
    case.maybe(0.4, "rope_local_theta", 1000000)
    case.put(tie_word_embeddings=case.pick(True, True, False))
    case.maybe(0.3, "tie_word_embeddings")

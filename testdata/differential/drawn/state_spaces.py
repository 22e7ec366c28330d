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

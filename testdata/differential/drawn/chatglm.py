"""GLM 4 of 2024."""
from families import activation, family, heads, rope, sizes, tie

from drawn.glm4 import partial


@family("glm")
def glm(case):
    heads(case)
    config = case.config
    config["head_dim"] = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    partial(case, 0.5, 0.5, 1.0, 0.25, None)
    case.maybe(0.5, "attention_bias", True, False)
    # What the reference reads, and transformers does not.
    case.maybe(0.2, "seq_length", 512)
    case.maybe(0.2, "layernorm_epsilon", 1e-3)
    case.maybe(0.2, "rope_ratio", 500, 2.5)

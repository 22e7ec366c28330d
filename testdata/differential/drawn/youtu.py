"""Youtu: latent attention without experts."""
from families import activation, family, rope, sizes, tie


@family("youtu")
def youtu(case):
    sizes(case)
    heads = case.pick(1, 2, 4)
    case.put(num_attention_heads=heads, num_key_value_heads=heads, hidden_size=case.pick(48, 64, 96), kv_lora_rank=case.pick(16, 32),
             qk_nope_head_dim=case.pick(8, 16), qk_rope_head_dim=(turned := case.pick(4, 8, 16)), v_head_dim=case.pick(8, 16, 24),
             head_dim=turned)
    activation(case)
    case.text().pop("qk_head_dim", None)
    tie(case)
    rope(case, ("yarn", "linear"))
    case.maybe(0.4, "q_lora_rank", 24, 48, None)
    case.text().setdefault("q_lora_rank", 48)
    case.maybe(0.3, "attention_bias", True, False)
    case.maybe(0.3, "rope_interleave", True, False)
    case.maybe(0.3, "head_dim")
    case.maybe(0.3, "mlp_bias", False)

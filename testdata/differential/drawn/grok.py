"""Grok 1 and 2; PLaMo 1."""
from families import activation, family, sizes


def shared(case):
    kv = case.pick(1, 2, 3)
    count = kv * case.pick(1, 2, 4)
    length = case.pick(8, 16, 24)
    case.put(num_attention_heads=count, num_key_value_heads=kv, hidden_size=count * length)
    sizes(case)
    experts = case.pick(2, 4, 8)
    case.put(num_local_experts=experts, num_experts_per_tok=case.random.randint(1, min(4, experts)))
    case.put(embedding_multiplier_scale=case.pick(78.38367176906169, 1.0, 12), output_multiplier_scale=case.pick(0.5773502691896257, 0.5, 1))
    return length


@family("grok1")
def grok1(case):
    length = shared(case)
    case.put(attn_output_multiplier=case.pick(length ** -0.5, 0.08838834764831845, 1.0), rope_theta=case.pick(10000.0, 100000))
    activation(case)
    case.maybe(0.6, "tie_word_embeddings", True, False)
    if case.chance(0.2):
        case.output_of = "transformer.in_out_embed.weight"
    case.maybe(0.2, "max_position_embeddings", 4096)
    case.maybe(0.2, "router_aux_loss_coef")


@family("grok2")
def grok2(case):
    length = shared(case)
    case.text().setdefault("rms_norm_eps", 1e-5)
    case.put(head_dim=length, rope_theta=case.pick(208533496, 10000, 500000.0))
    case.maybe(0.2, "head_dim")
    case.maybe(0.4, "residual_moe", False)
    case.put(moe_intermediate_size=case.pick(16, 24, 48))
    case.maybe(0.2, "moe_intermediate_size")
    case.maybe(0.3, "attn_temperature_len", 2, 9, 30)
    case.maybe(0.3, "final_logit_softcapping", 5.0, None)
    case.put(attn_logit_softcapping=case.pick(30.0, 5.0, 1), router_logit_softcapping=case.pick(30.0, 2, 0.5))
    case.maybe(0.2, "attn_logit_softcapping")
    case.maybe(0.2, "router_logit_softcapping")
    kind = case.pick("original", "yarn", "yarn", "none")
    if kind == "none":
        for field in ("rope_type", "original_max_position_embeddings", "scaling_factor", "extrapolation_factor", "attn_factor",
                      "beta_fast", "beta_slow"):
            case.text().pop(field)
        return
    case.put(rope_type=kind, original_max_position_embeddings=case.pick(16, 64, 8192), scaling_factor=case.pick(16.0, 4, 1.5),
             extrapolation_factor=case.pick(1.0, 0.5), beta_fast=case.pick(8, 32), beta_slow=case.pick(1, 2))


@family("plamo")
def plamo(case):
    shared, keys = case.pick(1, 2, 3, 8), case.pick(1, 2, 3, 5)
    count = shared * keys
    case.put(num_attention_heads=count, num_key_value_heads=case.pick(count, keys), n_shared_head=shared,
             hidden_size=count * case.pick(8, 16, 24))
    case.maybe(0.3, "num_key_value_heads", None)
    sizes(case)
    case.text().setdefault("rms_norm_eps", 1e-6)
    case.maybe(0.3, "tie_word_embeddings", True)
    case.maybe(0.3, "max_position_embeddings", 8192)
    case.maybe(0.2, "use_cache", False)

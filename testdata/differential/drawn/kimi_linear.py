"""Kimi Linear: most layers follow the delta rule."""
import re

from families import activation, family, sizes

DENSE = re.compile(r"\.block_sparse_moe\.(\w+_proj\.)")


def layers(case):
    """Which layers attend, in either form of config.json, and sizes of the heads of the others."""
    text = case.text()
    count = text["num_hidden_layers"]
    full = sorted(case.random.sample(range(1, count + 1), case.random.randint(1, count - 1)))
    heads = text["num_attention_heads"] if case.chance(0.8) else case.pick(1, 2, 3)
    own = {"head_dim": case.pick(8, 12, 16), "num_heads": heads, "short_conv_kernel_size": case.pick(2, 4, 4, 5)}
    if case.chance(0.1):
        text.pop("linear_attn_config")
        case.put(linear_head_dim=own["head_dim"], linear_num_heads=heads,
                 linear_conv_kernel_dim=own["short_conv_kernel_size"])
    else:
        own |= {"full_attn_layers": full, "kda_layers": [i for i in range(1, count + 1) if i not in full]}
        if case.chance(0.2):
            own.pop("short_conv_kernel_size")
        text["linear_attn_config"] = own
    if "linear_attn_config" not in text or case.chance(0.2):
        case.put(layer_types=[
            "full_attention" if i in full else "linear_attention" for i in range(1, count + 1)])


def experts(case):
    text = case.text()
    groups = case.pick(1, 1, 2)
    count = groups * case.pick(2, 4)
    case.put(num_experts=count, num_experts_per_token=case.random.randint(1, count // groups),
             num_expert_group=groups, topk_group=case.pick(1, groups), moe_intermediate_size=case.pick(16, 32),
             num_shared_experts=case.pick(1, 1, 2), first_k_dense_replace=case.pick(0, 1, 1, 2))
    if case.chance(0.2):
        case.put(mlp_layer_types=[case.pick("dense", "sparse") for _ in range(text["num_hidden_layers"])])
    case.maybe(0.3, "routed_scaling_factor", 1.0, 2.5)
    case.maybe(0.3, "moe_renormalize", True, False)
    case.maybe(0.3, "moe_router_activation_func", "sigmoid")


@family("kimi_linear")
def kimi_linear(case):
    sizes(case, (2, 3, 4, 5, 6))
    count = case.pick(1, 2, 4)
    case.put(num_attention_heads=count, num_key_value_heads=case.pick(count, count, None),
             hidden_size=case.pick(48, 64, 96), kv_lora_rank=case.pick(16, 32), qk_nope_head_dim=case.pick(8, 16),
             qk_rope_head_dim=case.pick(4, 8, 16), v_head_dim=case.pick(8, 16, 24))
    case.maybe(0.3, "q_lora_rank", 24, 48, None)
    case.maybe(0.4, "head_dim", 8, 24)
    layers(case)
    experts(case)
    activation(case)
    case.maybe(0.2, "attention_bias", True, False)
    case.maybe(0.3, "rope_theta", 50000.0)
    case.fused = case.chance(0.2)
    if case.chance(0.8):
        # transformers saves layers without experts under the name of the others.
        case.stored = lambda shapes: {DENSE.sub(r".mlp.\1", name): shape for name, shape in shapes.items()}

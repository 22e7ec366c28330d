"""Families with experts, one vendor each."""
from drawn.ling import experts
from families import activation, family, heads, layer_types, rope, sizes, tie


@family("afmoe")
def afmoe(case):
    heads(case)
    case.put(head_dim=case.text().get("head_dim") or case.pick(8, 16, 32))
    sizes(case, (2, 3, 4, 5))
    activation(case)
    tie(case)
    rope(case, ("linear", "yarn", "dynamic"))
    experts(case)
    case.put(num_shared_experts=case.pick(1, 2), num_dense_layers=case.pick(0, 1, 2), sliding_window=case.pick(4, 9, 16, 64))
    case.text().pop("layer_types")
    case.maybe(0.3, "global_attn_every_n_layers", 2, 3)
    layer_types(case, 0.4)
    case.maybe(0.3, "mup_enabled", False)
    case.maybe(0.3, "route_norm", False)
    case.maybe(0.3, "route_scale", 1.0)
    case.maybe(0.2, "attention_bias", True, False)
    case.maybe(0.2, "score_func")


@family("laguna")
def laguna(case):
    _, kv, _, _ = heads(case)
    sizes(case, (1, 2, 3, 4, 5))
    activation(case)
    tie(case)
    experts(case)
    layers = case.text()["num_hidden_layers"]
    case.put(head_dim=case.text().get("head_dim") or case.pick(8, 16, 32), shared_expert_intermediate_size=case.pick(16, 40))
    case.put(num_attention_heads_per_layer=[kv * case.pick(1, 2, 3) for _ in range(layers)],
             layer_types=["full_attention" if layer % 4 == 0 else "sliding_attention" for layer in range(layers)])
    dense = case.pick(0, 1, 1, 2)
    case.put(mlp_layer_types=["dense" if layer < dense else "sparse" for layer in range(layers)])
    if case.chance(0.3):
        case.text().pop("num_attention_heads_per_layer")
    if case.chance(0.3):
        case.put(layer_types=[case.pick("full_attention", "sliding_attention") for _ in range(layers)])
    case.maybe(0.2, "layer_types")
    case.put(sliding_window=case.pick(4, 9, 16))
    case.put(gating=case.pick(True, True, "per-head", "per-element"))
    case.maybe(0.2, "attention_bias", True)
    case.maybe(0.3, "moe_routed_scaling_factor", 1.0)
    full = {"rope_theta": case.pick(10000.0, 500000.0), "rope_type": "default", "partial_rotary_factor": case.pick(0.5, 1.0)}
    if case.chance(0.5):
        full |= {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": case.pick(16, 4096)}
        if case.chance(0.5):
            full |= {"attention_factor": 1.2, "beta_fast": 64.0}
    sliding = {"rope_theta": 10000.0, "rope_type": "default", "partial_rotary_factor": case.pick(0.5, 1.0)}
    case.put(rope_parameters={"full_attention": full, "sliding_attention": sliding})
    case.maybe(0.2, "rope_parameters")


@family("smallthinker")
def smallthinker(case):
    heads(case)
    sizes(case, (1, 2, 3, 5))
    case.text().pop("intermediate_size")
    case.maybe(0.3, "rms_norm_eps", 1e-5)
    case.put(head_dim=case.text().get("head_dim") or case.pick(8, 16, 32))
    tie(case)
    rope(case, ("linear", "yarn", "dynamic"))
    experts = case.pick(2, 4, 8)
    layers = case.text()["num_hidden_layers"]
    case.put(moe_num_primary_experts=experts, moe_num_active_primary_experts=case.random.randint(1, min(4, experts)),
             moe_ffn_hidden_size=case.pick(16, 24, 48), sliding_window_size=case.pick(4, 9, 4096))
    usual = [int(layer % 4 != 0) for layer in range(layers)]
    case.put(sliding_window_layout=case.pick(usual, usual, [0] * layers, [case.pick(0, 1) for _ in range(layers)]))
    case.put(rope_layout=case.pick(case.text()["sliding_window_layout"], usual, [1] * layers))
    case.maybe(0.4, "moe_primary_router_apply_softmax", True)
    case.maybe(0.2, "rope_layout")
    case.maybe(0.2, "sliding_window_layout")


@family("dbrx")
def dbrx(case):
    kv = case.pick(1, 2, 3)
    count = kv * case.pick(1, 2, 4)
    experts = case.pick(2, 4, 8)
    case.put(n_heads=count, d_model=count * case.pick(8, 16, 24), n_layers=case.pick(1, 2, 3))
    case.put(attn_config={"clip_qkv": case.pick(8, 0.5, 2.0), "kv_n_heads": kv, "model_type": "", "rope_theta": case.pick(10000, 500000)},
             ffn_config={"ffn_hidden_size": case.pick(16, 24, 48), "moe_jitter_eps": 0.01, "moe_loss_weight": 0.05,
                         "moe_num_experts": experts, "moe_top_k": case.random.randint(1, min(4, experts))})
    if case.chance(0.2):
        case.text()["ffn_config"]["moe_normalize_expert_weights"] = case.pick(1.0, None)
    if case.chance(0.3):
        case.text()["ffn_config"]["ffn_act_fn"] = {"name": "silu"}
    case.maybe(0.3, "max_seq_len", 2048)
    case.maybe(0.2, "tie_word_embeddings", False)


@family("grovemoe")
def grovemoe(case):
    heads(case)
    case.put(head_dim=case.text().get("head_dim") or case.pick(8, 16, 32))
    sizes(case)
    case.text().setdefault("rms_norm_eps", 1e-6)
    activation(case)
    tie(case)
    rope(case)
    experts(case)
    case.maybe(0.3, "attention_bias", True, False)
    case.maybe(0.2, "norm_topk_prob", False)


@family("mimo2")
def mimo2(case):
    kv = case.pick(1, 1, 2)
    count = kv * 2 * case.pick(1, 2)
    length, value = case.pick(12, 24, 32), case.pick(8, 16, 24)
    layers = case.pick(1, 2, 3, 4)
    pattern = case.pick([int(i != 0) for i in range(layers)], [case.pick(0, 1) for _ in range(layers)])
    groups = case.pick(1, 1, 2)
    total = groups * case.pick(2, 4)
    used = case.random.randint(1, groups)
    dense = case.pick(0, 1, 1, 2)
    case.put(num_attention_heads=count, num_key_value_heads=kv, hidden_size=case.pick(32, 48, 64, 96), head_dim=length, v_head_dim=value,
             swa_num_attention_heads=count, swa_num_key_value_heads=2 * kv, swa_head_dim=length, swa_v_head_dim=value,
             num_hidden_layers=layers, hybrid_layer_pattern=pattern, intermediate_size=case.pick(48, 96, 136),
             layer_types=["sliding_attention" if i else "full_attention" for i in pattern],
             mlp_layer_types=["dense" if i < dense else "sparse" for i in range(layers)],
             moe_layer_freq=[int(i >= dense) for i in range(layers)], n_routed_experts=total, n_group=groups, topk_group=used,
             num_experts_per_tok=case.random.randint(1, total // groups * used), moe_intermediate_size=case.pick(16, 24, 48),
             sliding_window=(window := case.pick(4, 9, 16)), sliding_window_size=window)
    activation(case)
    case.maybe(0.3, "routed_scaling_factor", 1.5, 1.0)
    case.maybe(0.3, "norm_topk_prob", False, True)
    case.maybe(0.3, "attention_value_scale", 1.0, 0.5)
    case.maybe(0.2, "attention_bias", True)
    case.maybe(0.2, "layernorm_epsilon")
    if dense == 1:
        case.maybe(0.3, "mlp_layer_types")


@family("arctic")
def arctic(case):
    kv = case.pick(1, 2, 3)
    count = kv * case.pick(1, 2, 4)
    case.put(num_attention_heads=count, num_key_value_heads=kv, hidden_size=count * case.pick(8, 16, 24))
    if kv == count:
        case.maybe(0.5, "num_key_value_heads", None)
    sizes(case)
    activation(case)
    tie(case)
    rope(case, ("linear", "dynamic"))
    experts = case.pick(2, 4, 8)
    case.put(num_local_experts=experts, num_experts_per_tok=case.random.randint(1, min(4, experts)))

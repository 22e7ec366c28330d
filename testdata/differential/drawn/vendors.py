"""InternLM, MiniCPM, BitNet, PLaMo and others that have a converter of their own."""
from families import activation, family, heads, rope, sizes, tie


@family("internlm2")
def internlm2(case):
    count, _, _, hidden = heads(case, explicit=False, dims=(8, 16, 32))
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    # The class has biases where the file does not deny them.
    case.maybe(0.3, "bias", True)


@family("internlm3")
def internlm3(case):
    count, kv, length, hidden = heads(case)
    # Its configuration class wants a width that heads divide.
    case.put(hidden_size=count * case.pick(8, 16), head_dim=case.text().get("head_dim") or length)
    if case.chance(0.2):
        case.put(head_dim=None)
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    if case.chance(0.3):
        biased = case.pick(True, False)
        for fields in (("qkv_bias", "bias"), ("attention_bias", "mlp_bias")):
            for field in fields:
                case.text().pop(field, None)
        first = case.chance(0.5)
        case.put(**{"qkv_bias" if first else "attention_bias": biased, "bias" if first else "mlp_bias": biased})
    else:
        case.maybe(0.2, "qkv_bias", False)


@family("minicpm")
def minicpm(case):
    _, _, length, _ = heads(case, explicit=False, dims=(8, 16, 32))
    sizes(case)
    activation(case)
    tie(case)
    rope(case)
    case.maybe(0.3, "scale_emb", 12, 1, 2.5)
    case.maybe(0.3, "scale_depth", 1.4, 0.9)
    case.maybe(0.3, "dim_model_base", 16, 256)
    case.maybe(0.2, "attention_bias", True, False)
    if case.chance(0.3):
        long_rope(case, length)


def long_rope(case, rotated):
    """Factors for each pair, for texts up to a length and for longer ones."""
    case.text().pop("rope_parameters", None)
    length = case.pick(16, 64)
    case.put(rope_scaling={"rope_type": "longrope", "short_factor": [1 + 0.1 * i for i in range(rotated // 2)],
                           "long_factor": [2 + 0.25 * i for i in range(rotated // 2)],
                           "original_max_position_embeddings": length},
             max_position_embeddings=case.pick(length, 4096))


def latent(case):
    count = case.pick(1, 2, 4)
    case.put(num_attention_heads=count, num_key_value_heads=count, hidden_size=count * case.pick(8, 16, 24),
             kv_lora_rank=case.pick(16, 32), qk_nope_head_dim=case.pick(8, 16), qk_rope_head_dim=case.pick(4, 8, 16))


@family("minicpm3")
def minicpm3(case):
    sizes(case)
    latent(case)
    activation(case)
    tie(case)
    case.put(q_lora_rank=case.pick(24, 40, 40, None))
    if case.chance(0.3):
        case.put(v_head_dim=case.pick(8, 24, None))
    case.text().pop("rope_scaling", None)
    rope(case)
    case.maybe(0.3, "scale_emb", 12, 1, 2.5)
    case.maybe(0.3, "scale_depth", 1.4, 0.9, None)
    case.maybe(0.3, "dim_model_base", 16, 256, None)
    case.maybe(0.2, "attention_bias", True, False)
    case.maybe(0.2, "mlp_bias", True, False)
    if case.chance(0.4):
        long_rope(case, case.text()["qk_rope_head_dim"])


@family("plm")
def plm(case):
    sizes(case)
    case.put(rms_norm_eps=case.pick(1e-6, 1e-6, 1e-5))
    latent(case)
    case.put(v_head_dim=case.pick(8, 16, 24))
    activation(case)
    case.put(tie_word_embeddings=True)
    rope(case, ("linear", "dynamic"))
    case.maybe(0.2, "attention_bias", True, False)


@family("bitnet")
def bitnet(case):
    case.put(model_type="bitnet", architectures=["BitNetForCausalLM"])
    heads(case, explicit=False, dims=(8, 16, 32))
    sizes(case)
    activation(case)
    case.maybe(0.3, "hidden_act", "relu2", "silu")
    case.put(tie_word_embeddings=True)
    rope(case)
    case.text().pop("weight_bits", None)
    if case.chance(0.7):
        # The names of the first models are the only ones that the reference knows.
        case.stored = lambda shapes: {
            name.replace("attn_sub_norm", "inner_attn_ln").replace("ffn_sub_norm", "ffn_layernorm"): shape
            for name, shape in shapes.items()}
    if case.chance(0.7):
        case.put(quantization_config={"quant_method": "bitnet", "linear_class": "autobitlinear",
                                      "quantization_mode": "online"})


@family("openelm")
def openelm(case):
    layers, length = case.pick(1, 2, 3, 4), case.pick(8, 16, 32)
    keys = [case.pick(1, 2, 3) for _ in range(layers)]
    case.put(num_transformer_layers=layers, head_dim=length, model_dim=case.pick(48, 64, 80), num_kv_heads=keys,
             num_query_heads=[n * case.pick(1, 2, 4) for n in keys],
             ffn_multipliers=[case.pick(0.5, 0.73, 1.2, 2.37, 4.0) for _ in range(layers)],
             ffn_dim_divisor=case.pick(16, 32, 256))
    activation(case, "activation_fn_name")
    case.maybe(0.3, "rope_freq_constant", 10000, 500000)
    case.text().setdefault("rope_freq_constant", 10000)
    case.maybe(0.3, "share_input_output_layers", True)


@family("plamo3")
def plamo3(case):
    keys, length = case.pick(1, 2, 3), case.pick(8, 16, 32)
    case.put(num_key_value_heads=keys, num_attention_heads=keys * case.pick(1, 2, 4), head_dim=length,
             hidden_size=case.pick(48, 64, 80), sliding_window_pattern=case.pick(2, 3, 8))
    sizes(case)
    case.text().setdefault("rms_norm_eps", 1e-6)
    case.put(tie_word_embeddings=case.pick(True, True, False), rope_theta=case.pick(10000, 1000000))
    case.maybe(0.3, "rope_local_theta", 10000, 50000)
    case.put(window_size=case.pick(4, 16, 128))
    if case.chance(0.3):
        case.put(rope_scaling_factor=case.pick(2.0, 4, 8), initial_context_length=case.pick(16, 64, 4096))


@family("maple")
def maple(case):
    keys, length, layers = case.pick(1, 2, 3), case.pick(8, 16, 32), case.pick(1, 2, 3, 4)
    case.put(num_key_value_heads=keys, num_attention_heads=keys * case.pick(1, 2, 4), head_dim=length,
             hidden_size=case.pick(48, 64, 80), num_hidden_layers=layers, sliding_window=case.pick(4, 16, 512),
             layer_types=[case.pick("sliding_attention", "sliding_attention", "full_attention") for _ in range(layers)])
    experts = case.pick(2, 4, 8)
    case.put(num_experts=experts, num_experts_per_tok=case.random.randint(1, min(4, experts)),
             moe_intermediate_size=case.pick(16, 24, 48), rope_theta=case.pick(10000, 500000))
    case.maybe(0.3, "rms_norm_eps", 1e-5, 1e-6)
    case.text().setdefault("rms_norm_eps", 1e-6)
    case.put(partial_rotary_factor=case.pick(0.5, 0.5, 1.0))

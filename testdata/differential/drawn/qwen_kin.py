"""Models that have Qwen's or Llama's network under other names, and those that fill gaps in a text."""
from families import activation, family, heads, qwen_experts, qwen_window, rope, sizes, tie


def said(case):
    """Fields without which a file that no class of transformers reads says too little."""
    case.text().setdefault("rms_norm_eps", 1e-6)


@family("qwen2_audio")
def qwen2_audio(case):
    heads(case, explicit=False)
    sizes(case)
    activation(case)
    rope(case)
    qwen_window(case)


@family("audioflamingo3")
def audioflamingo3(case):
    case.text().pop("layer_types")
    heads(case, explicit=False)
    sizes(case)
    activation(case)
    rope(case)
    qwen_window(case)


@family("dots_ocr")
def dots_ocr(case):
    heads(case, explicit=False)
    sizes(case)
    said(case)
    activation(case)
    tie(case)
    rope(case)


@family("qwen")
def qwen(case):
    count, length = case.pick(1, 2, 3, 6), case.pick(8, 16, 32)
    case.put(num_attention_heads=count, kv_channels=length, hidden_size=count * length, num_hidden_layers=case.pick(1, 2, 3),
             intermediate_size=case.pick(96, 128, 208), layer_norm_epsilon=case.pick(1e-6, 1e-5, 1e-3))
    case.maybe(0.4, "rotary_emb_base", 10000, 500000.0)
    case.maybe(0.3, "use_dynamic_ntk", True, False)
    case.maybe(0.3, "use_logn_attn", True, False)


@family("pangu")
def pangu(case):
    heads(case, explicit=False)
    sizes(case)
    said(case)
    activation(case)
    tie(case)
    rope(case)
    case.maybe(0.3, "bias", True, False)


@family("llada")
def llada(case):
    kv = case.pick(1, 2, 3)
    count, length = kv * case.pick(1, 1, 2, 3), case.pick(8, 16, 32)
    case.put(n_heads=count, n_kv_heads=kv, d_model=count * length, n_layers=case.pick(1, 2, 3), mlp_hidden_size=case.pick(48, 96, 136),
             rms_norm_eps=case.pick(1e-5, 1e-6, 1e-3), rope_theta=case.pick(10000.0, 500000.0, 1e6), weight_tying=case.chance(0.3))
    if case.chance(0.25):
        case.put(activation_type=case.pick("gelu", "relu"))


@family("llada_moe")
def llada_moe(case):
    heads(case, explicit=False)
    sizes(case)
    said(case)
    case.text().pop("intermediate_size")
    activation(case)
    tie(case)
    rope(case)
    qwen_experts(case)
    case.put(expert_intermediate_size=case.text().pop("moe_intermediate_size"))
    case.fused = False


@family("dream")
def dream(case):
    heads(case, explicit=False)
    sizes(case)
    said(case)
    activation(case)
    tie(case)
    rope(case)


@family("rnd1")
def rnd1(case):
    heads(case)
    case.put(head_dim=case.text().get("head_dim") or case.pick(8, 16))
    sizes(case)
    said(case)
    activation(case)
    tie(case)
    rope(case)
    case.maybe(0.3, "attention_bias", True, False)
    qwen_experts(case)
    case.put(norm_topk_prob=case.chance(0.7))

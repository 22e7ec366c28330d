"""Kimi with images, by its text part."""
from families import family, latent, rope, sizes


@family("kimi_k25")
def kimi_k25(case):
    case.config["vision_config"] = {
        "hidden_size": 32, "intermediate_size": 32, "num_attention_heads": 2, "num_hidden_layers": 1, "pos_emb_height": 2,
        "pos_emb_width": 2, "pos_emb_time": 1}
    case.config["projection_hidden_size"] = 32
    if case.chance(0.8):
        # transformers saves them under another name than they are published with.
        usual = case.stored
        case.stored = lambda shapes: {
            name.replace("language_model.model.blocks.", "language_model.model.layers."): shape
            for name, shape in usual(shapes).items()}
    # Its class of the whole ties by default, by a field beside those of the text part.
    case.config["tie_word_embeddings"] = False
    sizes(case)
    latent(case)
    rope(case, ("yarn", "linear"))
    case.put(model_type=case.pick("kimi_k2", "deepseek_v3"))
    # transformers loads neither queries without a short vector nor stacked experts of it.
    case.put(q_lora_rank=case.pick(24, 48))
    case.fused = False
    case.maybe(0.3, "norm_topk_prob", True, False)
    case.put(n_group=case.pick(1, 2), topk_group=1, num_experts_per_tok=case.pick(1, 2))
    case.maybe(0.2, "attention_bias", True, False)

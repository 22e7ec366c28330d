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


def remote(case):
    count, kv, length, _ = heads(case)
    config = case.config
    for field in ("num_key_value_heads", "head_dim"):
        config.pop(field, None)
    config.update(kv_channels=length, multi_query_group_num=kv)
    config["num_layers"] = case.pick(1, 2, 3)
    if "num_hidden_layers" in config:
        config["num_hidden_layers"] = config["num_layers"]
    config["ffn_hidden_size"] = case.pick(64, 96, 176)
    config["architectures"] = [case.pick("ChatGLMModel", "ChatGLMForConditionalGeneration")]
    case.maybe(0.5, "add_qkv_bias", True, False)
    case.maybe(0.5, "layernorm_epsilon", 1e-5, 1.5625e-07, 1e-3)
    case.maybe(0.5, "rope_ratio", 1, 50, 500, 2.5)
    case.maybe(0.5, "seq_length", 8192, 131072)
    case.maybe(0.3, "use_cache", True)


@family("chatglm3")
def chatglm3(case):
    remote(case)


@family("glm4_remote")
def glm4_remote(case):
    remote(case)
    # It asks for the tokenizer a second time without leave to run the folder's code.
    case.misread = "ValueError: it runs no tokenizer that the folder brings"

"""Networks for which transformers has no class, as networks for which it has one.

Their code is published beside their weights only. What it computes is what a class of transformers does with other names of fields
and tensors, and, in models that fill gaps in a text, without a mask: each token sees all. A KIND says how.
"""
import base64
import json
import shutil
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file


def sort_heads():
    """The converter takes the sizes of the published PLaMo for those of all; this is the same by the folder's own."""
    from conversion.plamo import PlamoModel

    def heads(model):
        shared = model.hparams["n_shared_head"]
        return shared, model.hparams["num_attention_heads"] // shared

    def queries(model, values):
        return values.unflatten(0, (*heads(model), -1)).transpose(0, 1).flatten(0, 2)

    def output(model, values):
        return values.unflatten(1, (*heads(model), -1)).transpose(1, 2).flatten(1, 3)
    PlamoModel.shuffle_attn_q_weight, PlamoModel.shuffle_attn_output_weight = queries, output


class Kind:
    """Names and fields are those of the class but for what renames and fields say."""

    def __init__(self, known, fields=None, renames=(), sees_all=False):
        self.known, self.fields, self.renames, self.sees_all = known, fields or (lambda c: {}), renames, sees_all

    def config(self, published):
        """config.json for transformers."""
        fields = {k: v for k, v in published.items() if k not in ("architectures", "auto_map", "vision_config", "audio_config", "text_config")}
        return fields | {"model_type": self.known} | self.fields(published)

    def is_other(self, name):
        """Whether a tensor of the class is of a part that these models lack."""
        return False

    def known_name(self, name):
        for own, theirs in self.renames:
            name = name.replace(own, theirs)
        return name

    def own_name(self, name):
        for own, theirs in reversed(self.renames):
            name = name.replace(theirs, own)
        return name

    def known_tensors(self, tensors):
        return {self.known_name(name): tensor for name, tensor in tensors.items()}

    def own_shapes(self, shapes):
        return {self.own_name(name): shape for name, shape in shapes.items()}


class TextPart(Kind):
    """transformers has it as a part of a model that sees images, whose other part may be anything."""

    EYES = {"heads": 2, "image_size": 56, "layers": 1, "mlp_ratio": 2.0, "patch_size": 14, "width": 16}

    def config(self, published):
        text = {k: v for k, v in published.items() if k not in ("architectures", "auto_map", "model_type")}
        tied = bool(published.get("tie_word_embeddings"))
        return {"model_type": self.known, "tie_word_embeddings": tied, "text_config": text, "vision_config": self.EYES}

    def own_shapes(self, shapes):
        return {name: shape for name, shape in shapes.items() if not self.is_other(name)}

    def is_other(self, name):
        return "vision_model." in name or "projector." in name


class Fused(Kind):
    """Queries, keys and values are one tensor."""

    def known_tensors(self, tensors):
        result = {}
        for name, tensor in tensors.items():
            if ".c_attn." in name:
                for part, values in zip("qkv", tensor.chunk(3)):
                    result[self.known_name(name).replace("c_attn", f"{part}_proj")] = values.contiguous()
            else:
                result[self.known_name(name)] = tensor
        return result

    def own_shapes(self, shapes):
        result = {}
        for name, shape in shapes.items():
            if ".q_proj." in name:
                result[self.own_name(name.replace("q_proj", "c_attn"))] = [3 * shape[0], *shape[1:]]
            elif ".k_proj." not in name and ".v_proj." not in name:
                result[self.own_name(name)] = shape
        return result


KINDS = {
    # What sees needs a library of its own.
    "Gemma3nForConditionalGeneration": Kind("gemma3n_text", lambda c: c["text_config"], (("model.language_model.", "model."),)),
    "DotsOCRForCausalLM": Kind("qwen2"),
    "QWenLMHeadModel": Fused(
        "qwen2",
        lambda c: {"rms_norm_eps": c["layer_norm_epsilon"], "intermediate_size": c["intermediate_size"] // 2,
                   "num_key_value_heads": c["num_attention_heads"], "rope_theta": c.get("rotary_emb_base", 10000)},
        (("transformer.wte.", "model.embed_tokens."), ("transformer.ln_f.", "model.norm."), ("transformer.h.", "model.layers."),
         (".ln_1.", ".input_layernorm."), (".ln_2.", ".post_attention_layernorm."), (".attn.c_proj.", ".self_attn.o_proj."),
         (".attn.c_attn.", ".self_attn.c_attn."), (".mlp.w2.", ".mlp.gate_proj."), (".mlp.w1.", ".mlp.up_proj."),
         (".mlp.c_proj.", ".mlp.down_proj."))),
    "PanguEmbeddedForCausalLM": Kind("llama", lambda c: {"attention_bias": c.get("bias", True)}),
    "LLaDAModelLM": Kind(
        "llama",
        lambda c: {"hidden_size": c["d_model"], "intermediate_size": c["mlp_hidden_size"], "num_hidden_layers": c["n_layers"],
                   "num_attention_heads": c["n_heads"], "num_key_value_heads": c["n_kv_heads"],
                   "max_position_embeddings": c["max_sequence_length"], "hidden_act": c["activation_type"],
                   "tie_word_embeddings": c["weight_tying"]},
        (("model.transformer.wte.", "model.embed_tokens."), ("model.transformer.ln_f.", "model.norm."),
         ("model.transformer.ff_out.", "lm_head."), ("model.transformer.blocks.", "model.layers."),
         (".attn_norm.", ".input_layernorm."), (".ff_norm.", ".post_attention_layernorm."), (".attn_out.", ".self_attn.o_proj."),
         (".ff_proj.", ".mlp.gate_proj."), (".ff_out.", ".mlp.down_proj."), *(
             (f".{part}.", f".{place}.{part}.") for part, place in (
                 ("q_proj", "self_attn"), ("k_proj", "self_attn"), ("v_proj", "self_attn"), ("up_proj", "mlp")))),
        sees_all=True),
    "DreamModel": Kind("qwen2", sees_all=True),
    "Step3p5ForCausalLM": TextPart("step3p7"),
    # In the layout of Mamba's authors.
    "MambaLMHeadModel": Kind(
        "mamba",
        lambda c: {"hidden_size": c["d_model"], "num_hidden_layers": c["n_layer"], "vocab_size": -(c["vocab_size"] // -8) * 8},
        (("backbone.embedding.", "backbone.embeddings."),)),
    "RND1": Kind("qwen3_moe", sees_all=True),
    "LLaDAMoEModelLM": Kind(
        "qwen3_moe",
        lambda c: {"moe_intermediate_size": c["expert_intermediate_size"], "head_dim": c["hidden_size"] // c["num_attention_heads"],
                   "norm_topk_prob": bool(c.get("norm_topk_prob"))},
        sees_all=True),
}


def kind_of(folder):
    """The kind of a folder, or None if transformers has its class."""
    config = json.loads((Path(folder) / "config.json").read_text())
    unnamed = "MambaLMHeadModel" if "ssm_cfg" in config else ""
    return KINDS.get(config.get("architectures", [unnamed])[0])


def known(folder, kind):
    """The same model in a folder that transformers reads."""
    other = Path(folder).with_name("known")
    shutil.rmtree(other, ignore_errors=True)
    other.mkdir()
    config = json.loads((Path(folder) / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(kind.config(config)))
    tensors = {}
    for file in Path(folder).glob("*.safetensors"):
        tensors |= load_file(file)
    save_file(kind.known_tensors(tensors), other / "model.safetensors", {"format": "pt"})
    return other


def own_config(folder, kind):
    """The configuration of transformers' class."""
    config = json.loads((Path(folder) / "config.json").read_text())
    fields = kind.config(config)
    return transformers.AutoConfig.for_model(fields.pop("model_type"), **fields)


def options(kind, length):
    """What the class's forward is called with besides tokens."""
    return {"attention_mask": torch.zeros(1, 1, length, length)} if kind and kind.sees_all else {}


class Ranked:
    """What the converter asks the first Qwen's tokenizer for."""

    def __init__(self, folder):
        lines = (Path(folder) / "qwen.tiktoken").read_bytes().splitlines()
        self.mergeable_ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines)}
        names = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *(f"<|extra_{i}|>" for i in range(205))]
        self.special_tokens = {name: i for i, name in enumerate(names, len(self.mergeable_ranks))}

    def get_vocab(self):
        return self.mergeable_ranks | self.special_tokens


class Pieces:
    """What the converter asks ChatGLM's tokenizer for."""

    special = ["[MASK]", "[gMASK]", "[sMASK]", "sop", "eop", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"]

    def __init__(self, folder):
        from sentencepiece import SentencePieceProcessor
        self.tokenizer = self
        self.sp_model = SentencePieceProcessor(model_file=str(Path(folder) / "tokenizer.model"))

    def _convert_id_to_token(self, i):
        pieces = self.sp_model.vocab_size()
        if i >= pieces:
            return self.special[i - pieces] if i - pieces < len(self.special) else ""
        return "" if i in (self.sp_model.unk_id(), self.sp_model.bos_id(), self.sp_model.eos_id()) else self.sp_model.id_to_piece(i)

    def get_vocab(self):
        return {self._convert_id_to_token(i): i for i in range(self.sp_model.vocab_size() + len(self.special))}


def is_chatglm(folder):
    settings = Path(folder) / "tokenizer_config.json"
    return settings.exists() and json.loads(settings.read_text()).get("tokenizer_class") == "ChatGLMTokenizer"


def take_tokenizers():
    """Has transformers make tokenizers whose code is published beside weights."""
    plain = transformers.AutoTokenizer.from_pretrained

    def load(folder, **options):
        if (Path(folder) / "qwen.tiktoken").exists():
            return Ranked(folder)
        if is_chatglm(folder):
            return Pieces(folder)
        options.pop("trust_remote_code", None)
        if (Path(folder) / "vocab.json").exists() and not (Path(folder) / "tokenizer.json").exists():
            return transformers.Qwen2Tokenizer.from_pretrained(folder, **options)
        return plain(folder, **options)

    transformers.AutoTokenizer.from_pretrained = load

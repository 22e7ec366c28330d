"""The text part of Step 3 VL: Qwen 3."""
from transformers import PreTrainedConfig, Qwen3Config, Qwen3ForCausalLM

from published.parts import Remote, register


class StepVLConfig(PreTrainedConfig):
    sub_configs = {"text_config": Qwen3Config}

    def __init__(self, text_config=None, vision_config=None, **kwargs):
        self.text_config = Qwen3Config(**(text_config or {}))
        super().__init__(**kwargs)


class StepVLForConditionalGeneration(Remote):
    """Without what it sees, which is more than its text needs."""

    _tied_weights_keys = {"lm_head.weight": "model.embed_tokens.weight"}

    def __init__(self, config):
        super().__init__(config)
        whole = Qwen3ForCausalLM(config.text_config)
        self.model, self.lm_head = whole.model, whole.lm_head
        self.post_init()

    def get_input_embeddings(self):
        return self.model.embed_tokens

    def logits(self, ids):
        return self.lm_head(self.model(input_ids=ids).last_hidden_state)


register("step_robotics", StepVLConfig, StepVLForConditionalGeneration)

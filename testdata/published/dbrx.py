"""DBRX: transformers' class takes the base frequency from rope_parameters, the published code from attn_config."""
from transformers.models.dbrx import modeling_dbrx

made = modeling_dbrx.DbrxRotaryEmbedding.__init__


def init(self, config, *arguments, **options):
    config.rope_parameters = {**config.rope_parameters, "rope_theta": config.attn_config.rope_theta}
    made(self, config, *arguments, **options)


modeling_dbrx.DbrxRotaryEmbedding.__init__ = init

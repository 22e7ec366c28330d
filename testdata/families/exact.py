"""The gated delta rule, one token after the other, in double precision: transformers computes it in single precision and in chunks, whose
rounding is as large as what the tests allow."""
import torch


def gated_delta_rule(query, key, value, g, beta, **_):
    shared = value.shape[2] // key.shape[2]
    query, key = (unit(x.double()).repeat_interleave(shared, 2) for x in (query, key))
    query, value, decay, beta = query * query.shape[-1] ** -0.5, value.double(), g.double().exp(), beta.double()
    state = torch.zeros(*value.shape[:1], value.shape[2], key.shape[-1], value.shape[-1], dtype=torch.float64)
    read = []
    for t in range(value.shape[1]):
        state = state * decay[:, t, :, None, None]
        known = (state * key[:, t, :, :, None]).sum(-2)
        state = state + key[:, t, :, :, None] * ((value[:, t] - known) * beta[:, t, :, None])[..., None, :]
        read.append((state * query[:, t, :, :, None]).sum(-2))
    return torch.stack(read, 1), None


def unit(x):
    return x * torch.rsqrt(x.pow(2).sum(-1, keepdim=True) + 1e-6)


def take(model):
    """The same network in double precision, if it follows the rule."""
    name = "torch_chunk_gated_delta_rule"
    modules = {__import__(type(m).__module__, fromlist=[name]) for m in model.modules() if "GatedDeltaNet" in type(m).__name__}
    if not modules:
        return model
    for module in modules:
        setattr(module, name, gated_delta_rule)
    for part in model.modules():
        if hasattr(part, name):
            setattr(part, name, gated_delta_rule)
    if hasattr(model, "set_experts_implementation"):
        model.set_experts_implementation("eager")
    # Its cache holds single precision.
    model.config.get_text_config().use_cache = False
    return model.double()

"""Networks that transformers has no class for, since their code is published with the models: written here from what is
known of them, and registered, so that AutoConfig and AutoModelForCausalLM take their folders as those of other families.

Each file is for a family. generate_logits.py and generate.py import all of them.
"""
import contextlib
import importlib
from pathlib import Path

from transformers.models.auto.configuration_auto import CONFIG_MAPPING

for file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
    importlib.import_module(f"{__name__}.{file.stem}")


@contextlib.contextmanager
def hidden():
    """Without these classes, as the reference's converter runs: it reads config.json as it stands then."""
    known = dict(CONFIG_MAPPING._extra_content)
    CONFIG_MAPPING._extra_content.clear()
    try:
        yield
    finally:
        CONFIG_MAPPING._extra_content.update(known)

"""Step 3 VL, whose text part is Qwen 3."""
from families import family, qwen3


@family("step3_vl")
def step3_vl(case):
    qwen3(case)
    # Both parts of config.json say the same.
    case.config["tie_word_embeddings"] = case.text()["tie_word_embeddings"] = case.text().get("tie_word_embeddings") or False

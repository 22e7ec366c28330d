/// Who made a model and what it is called: the `general.*` keys of GGUF, from the model card, the
/// configuration and the folder's name. The heuristics are those of llama.cpp's `metadata.py`.
/// Start at [GeneralMetadata].
package dev.zonda.convert.card;

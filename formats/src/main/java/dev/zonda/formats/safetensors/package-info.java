/// safetensors, the format of Hugging Face checkpoints (specification: the README of
/// huggingface/safetensors). Start at [SafetensorsFile] for reading and [SafetensorsLayout] for
/// writing, or [ShardPlan] for a model in several files. What is planned is written by `output`.
package dev.zonda.formats.safetensors;

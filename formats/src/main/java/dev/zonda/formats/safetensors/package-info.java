/// safetensors, the format of Hugging Face checkpoints (specification: the README of
/// huggingface/safetensors). Start at [SafetensorsFile] for one file, [ShardedSafetensors] for
/// several with an index, and [SafetensorsWriter] for writing.
package dev.zonda.formats.safetensors;

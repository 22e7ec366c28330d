/// safetensors, the format of Hugging Face checkpoints (specification: the README of
/// huggingface/safetensors). Start at [SafetensorsFile] for reading and [SafetensorsWriter] for
/// writing.
package dev.zonda.formats.safetensors;

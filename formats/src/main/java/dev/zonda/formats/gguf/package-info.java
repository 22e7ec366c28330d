/// GGUF, the format of ggml (specification: ggml's `docs/gguf.md`). Start at [GgufFile] for reading
/// and [GgufWriter] for writing; [GgufModel] is what quantizer and verifier see of either.
package dev.zonda.formats.gguf;

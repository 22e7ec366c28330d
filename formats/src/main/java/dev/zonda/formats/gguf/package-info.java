/// GGUF, the format of ggml (specification: ggml's `docs/gguf.md`). Start at [GgufFile] for reading
/// and [GgufWriter] for writing; [GgufModel] is what quantizer and verifier see of either. A model
/// in several files is read as one, planned as a [SplitPlan] and written by a [SplitWriter].
package dev.zonda.formats.gguf;

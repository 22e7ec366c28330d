/// GGUF, the format of ggml (specification: ggml's `docs/gguf.md`). Start at [GgufFile] for reading
/// and [GgufLayout] for writing; [GgufModel] is what quantizer and verifier see of either. A model
/// in several files is read as one, and planned as a [SplitPlan]. What is planned is written by
/// `output`.
package dev.zonda.formats.gguf;

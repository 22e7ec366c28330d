/// One file per model family: which config.json it is, how its tensors are called in GGUF, what is
/// done to them, and which metadata it needs. [Families] lists them.
package dev.zonda.convert.families;

/// One file per model family: how its tensors are called in GGUF, what is done to them, and which
/// metadata it needs. [KnownFamily] lists them and says which config.json is whose.
package dev.zonda.convert.families;

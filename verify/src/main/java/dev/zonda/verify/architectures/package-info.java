/// One file per architecture: what its network computes, read from GGUF metadata. To add one, copy
/// the nearest and name it in [Architectures].
package dev.zonda.verify.architectures;

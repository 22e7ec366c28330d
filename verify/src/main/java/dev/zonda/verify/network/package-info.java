/// What a network computes, as records: everything about a forward pass but the weights. Built by
/// the descriptions in `architectures` from GGUF metadata. Start at [Network].
package dev.zonda.verify.network;

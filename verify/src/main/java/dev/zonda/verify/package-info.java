/// Whether it is still the same model: logits, perplexity, divergence, gates.
package dev.zonda.verify;

/// How a published checkpoint becomes a GGUF: families, tokenizers, blueprints.
package dev.zonda.convert;

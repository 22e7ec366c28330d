/// Vocabularies: read from a checkpoint folder, written as GGUF keys, and used to encode text. One
/// file per form. Start at [VocabularySource] for conversion and at [Tokenizer] for text.
package dev.zonda.convert.tokenizers;

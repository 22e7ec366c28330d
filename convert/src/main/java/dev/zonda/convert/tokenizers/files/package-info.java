/// What the files of a tokenizer say, and what GGUF makes of it: `tokenizer.json` and its
/// companions, SentencePiece's `tokenizer.model`, `tekken.json`, ranks of byte pairs, chat
/// templates, the roles of special tokens. Start at [TokenizerFiles] and [Vocabulary].
package dev.zonda.convert.tokenizers.files;

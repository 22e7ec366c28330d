/// How text is cut into words, and words into pieces: the steps of pre-tokenizers, tables of
/// pieces, and what merges them. Knows no file.
package dev.zonda.convert.tokenizers.words;

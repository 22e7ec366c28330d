package dev.zonda.convert.tokenizers;

/// The forms in which a family's checkpoints keep their vocabularies, in the order in which they
/// are looked for, as llama.cpp's converter does for that family.
public enum VocabularyForm {
  /// As [#BYTES], with ends of texts and turns that other files than the tokenizer's say.
  HUNYUAN,
  /// A list of ranks, `hy.tiktoken`, and special tokens that no file names; else as [#BYTES].
  HUNYUAN_RANKS,
  /// `tekken.json` where it is alone, else as [#SENTENCEPIECE_OR_BYTES], a SentencePiece vocabulary
  /// also from `tokenizer.json`; with what is special to Code Llama and Granite.
  LLAMA,
  /// As [#SENTENCEPIECE_OR_BYTES]; llama.cpp's converter takes the end of a turn for the beginning
  /// and the end of texts.
  TURNS,
  /// The same, and llama.cpp's converter has a template of its own.
  TRANSCRIPTS,
  /// `tokenizer.model`, else tokenizer.json.
  SENTENCEPIECE_OR_BYTES,
  /// Byte-level byte pairs: `tokenizer.json`, else `vocab.json` and `merges.txt`.
  BYTES,
  /// As [#BYTES]; the reference takes the end of a text from the tokenizer, where that is a list of
  /// ranks.
  KIMI_LINEAR,
  /// `tokenizer.model` with the added tokens of `tokenizer.json`, else the latter alone, or
  /// byte-level byte pairs (Phi-4).
  PHI,
  /// As [#SENTENCEPIECE_OR_BYTES], with the roles that llama.cpp's converter gives to two tokens.
  NEMOTRON,
  /// `tokenizer.model` without a space before the text, else tokenizer.json.
  GEMMA,
  /// The same, with the end of a turn.
  GEMMA_1,
  /// tokenizer.json, with its pieces and merges.
  GEMMA_4,
  /// As [#SENTENCEPIECE_OR_BYTES], with the space that tokenizer_config.json says, as the last key.
  ERNIE,
  /// As [#BYTES], with roles that tokens of GLM 4 have by their texts.
  GLM_4,
  /// The same of 2024, without a BOS.
  CHATGLM,
  /// The same of GLM 4.5 and later.
  GLM_4_5,
  /// The same of Solar Open.
  SOLAR_OPEN,
  /// `tokenizer.model` with the added tokens of tokenizer.json; whether there is a space before a
  /// text follows the tokens.
  INTERNLM_2,
  /// As [#SENTENCEPIECE_OR_BYTES], with the space that tokenizer_config.json says, which follows
  /// the tokens.
  INTERNLM_3,
  /// tokenizer.json with merged pieces that have no bytes; the reference writes no scores.
  XVERSE,
  /// A token on each line of `tokenizer.jsonl`.
  PLAMO,
  /// The same, of which llama.cpp's converter writes no template.
  PLAMO_2,
  /// As [#SENTENCEPIECE_OR_BYTES]; added tokens are control tokens only where a file says that they
  /// are special.
  FLAGGED,
  /// The same, in which llama.cpp's converter begins every text with a BOS.
  LLADA,
  /// A list of ranks, `qwen.tiktoken`, and special tokens that no file names; else as [#BYTES].
  QWEN,
  /// As [#SENTENCEPIECE_OR_BYTES]; added tokens that replace others have no low scores.
  ARCTIC,
  /// As [#SENTENCEPIECE_OR_BYTES]; llama.cpp's converter puts no space before texts if there is no
  /// `tokenizer.model`.
  JAMBA,
  /// tokenizer.json, with pieces and merges under the name of byte pairs.
  SARVAM,
  /// As [#BYTES], with the end of Laguna's turns.
  LAGUNA,
  /// Mistral's own files: `tekken.json`, else `tokenizer.model.vN`.
  MISTRAL,
  /// Meta's: `tokenizer.model`, also in the parent folder, of SentencePiece or of ranks (Llama 3).
  META
}

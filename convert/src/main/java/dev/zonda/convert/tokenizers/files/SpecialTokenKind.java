package dev.zonda.convert.tokenizers.files;

import java.util.Optional;

/// The special tokens that a checkpoint may name, in the order in which the converter looks for
/// them, and the GGUF key of each. The three of infilling have keys of other names; no converter
/// writes them from here.
public enum SpecialTokenKind {
  BOS("bos", TokenizerKeys.BOS_ID, TokenizerKeys.ADD_BOS),
  EOS("eos", TokenizerKeys.EOS_ID, TokenizerKeys.ADD_EOS),
  UNK("unk", TokenizerKeys.UNKNOWN_ID, null),
  SEP("sep", TokenizerKeys.SEPARATOR_ID, TokenizerKeys.ADD_SEP),
  PAD("pad", TokenizerKeys.PADDING_ID, null),
  CLS("cls", null, null),
  MASK("mask", TokenizerKeys.MASK_ID, null),
  EOT("eot", TokenizerKeys.EOT_ID, null),
  EOM("eom", TokenizerKeys.EOM_ID, null);

  private final String stem;
  private final String idKey;
  private final String addKey;

  SpecialTokenKind(String stem, String idKey, String addKey) {
    this.stem = stem;
    this.idKey = idKey;
    this.addKey = addKey;
  }

  /// The field of tokenizer_config.json, for example `bos_token`.
  public String tokenField() {
    return stem + "_token";
  }

  /// The field of tokenizer_config.json, for example `add_bos_token`.
  String addField() {
    return "add_" + stem + "_token";
  }

  /// The field of config.json, for example `bos_token_id`.
  String idField() {
    return stem + "_token_id";
  }

  public Optional<String> idKey() {
    return Optional.ofNullable(idKey);
  }

  public Optional<String> addKey() {
    return Optional.ofNullable(addKey);
  }
}

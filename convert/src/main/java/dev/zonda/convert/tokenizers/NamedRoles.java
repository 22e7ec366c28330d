package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.tokenizers.files.SpecialTokenKind;
import dev.zonda.convert.tokenizers.files.SpecialTokens;
import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/// Roles that a family's tokens have by their texts, where no file of the folder gives the role to
/// another token.
///
/// @param all in the order in which they are given
/// @param kin GGUF's name of the architecture by which the way to cut words is called, if that is
///   not the model's
record NamedRoles(List<Role> all, Optional<String> kin) {
  static final NamedRoles NONE = new NamedRoles(List.of(), Optional.empty());

  private static final Optional<String> GLM = Optional.of("glm4");

  private static final String END = "<|endoftext|>";

  /// GLM 4's with one layer of norms more (2025).
  private static final NamedRoles GLM_4 =
      new NamedRoles(
          List.of(
              new Role(SpecialTokenKind.EOS, END),
              new Role(SpecialTokenKind.EOT, "<|user|>"),
              new Role(SpecialTokenKind.UNK, END),
              new Role(SpecialTokenKind.BOS, END)),
          GLM);

  /// The same of 2024.
  private static final NamedRoles CHATGLM =
      new NamedRoles(
          List.of(
              new Role(SpecialTokenKind.EOS, END),
              new Role(SpecialTokenKind.EOT, "<|user|>"),
              new Role(SpecialTokenKind.UNK, END)),
          GLM);

  /// With GLM 4's end of a turn, texts would never end.
  private static final NamedRoles GLM_4_5 =
      new NamedRoles(
          List.of(
              new Role(SpecialTokenKind.BOS, "[gMASK]"),
              new Role(SpecialTokenKind.EOT, "<|user|>"),
              new Role(SpecialTokenKind.UNK, END),
              new Role(SpecialTokenKind.EOM, "<|observation|>")),
          GLM);

  private static final NamedRoles SOLAR_OPEN =
      new NamedRoles(
          List.of(
              new Role(SpecialTokenKind.EOS, END),
              new Role(SpecialTokenKind.EOT, END),
              new Role(SpecialTokenKind.UNK, "<unk>"),
              new Role(SpecialTokenKind.BOS, "<|startoftext|>")),
          Optional.empty());

  /// A role and the text of its token.
  record Role(SpecialTokenKind kind, String text) {}

  NamedRoles {
    all = List.copyOf(all);
  }

  /// Those of a form.
  static NamedRoles of(VocabularyForm form) {
    return switch (form) {
      case TURNS, TRANSCRIPTS, FLAGGED, LLADA, QWEN -> NONE;
      case GLM_4 -> GLM_4;
      case CHATGLM -> CHATGLM;
      case GLM_4_5 -> GLM_4_5;
      case SOLAR_OPEN -> SOLAR_OPEN;
      case LLAMA,
          SENTENCEPIECE_OR_BYTES,
          JAMBA,
          BYTES,
          PHI,
          NEMOTRON,
          GEMMA,
          GEMMA_1,
          GEMMA_4,
          ERNIE,
          INTERNLM_2,
          INTERNLM_3,
          XVERSE,
          PLAMO,
          PLAMO_2,
          SARVAM,
          LAGUNA,
          KIMI_LINEAR,
          ARCTIC,
          MISTRAL,
          META ->
          NONE;
      case HUNYUAN, HUNYUAN_RANKS -> NONE;
    };
  }

  /// Gives the roles that no file gives.
  ///
  /// @param ids of added tokens by text
  /// @throws FormatException if one of the tokens is missing, and llama.cpp's converter (the
  ///   reference) is to be followed, which needs them all
  void give(
      Function<String, OptionalInt> ids, Path folder, Fidelity fidelity, SpecialTokens special)
      throws FormatException {
    for (Role role : all) {
      OptionalInt id = ids.apply(role.text());
      if (id.isPresent()) {
        special.setId(role.kind(), id.getAsInt());
      } else if (fidelity == Fidelity.AS_REFERENCE) {
        throw FormatException.in(
            folder,
            "has no token '%s', without which llama.cpp's converter fails: leave out --as-reference"
                .formatted(role.text()));
      }
    }
  }
}

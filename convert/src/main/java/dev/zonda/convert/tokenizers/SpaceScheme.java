package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.FormatException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/// What a `tokenizer.json` with a SentencePiece vocabulary does about spaces, before byte pairs are
/// merged: its normalizer and its pre-tokenizer.
///
/// @param prefix where a space is put
/// @param normalizes whether spaces become `▁` by the normalizer, before added tokens that are
///   looked for in normalized text; else by the pre-tokenizer
/// @param cuts where text may be cut: before every space, if the pre-tokenizer does so, so that no
///   token reaches over one
record SpaceScheme(SpacePrefix prefix, boolean normalizes, SentencePieceTokenizer.Cuts cuts) {
  /// Spaces become signs, and no more.
  static final SpaceScheme SIGNS =
      new SpaceScheme(SpacePrefix.NEVER, true, SentencePieceTokenizer.Cuts.RUNS);

  private static final String SIGN = String.valueOf(SentencePieceTokenizer.SPACE_SIGN);

  boolean splits() {
    return cuts == SentencePieceTokenizer.Cuts.EVERY_SPACE;
  }

  /// What a file does; empty if it does anything that is not known here.
  static Optional<SpaceScheme> of(JsonFields tokenizer) throws FormatException {
    List<String> normalizers = new ArrayList<>();
    for (JsonFields one : flat(tokenizer.object("normalizer"), "normalizers")) {
      normalizers.add(normalizer(one));
    }
    boolean replaces = normalizers.contains("Replace");
    boolean prepends = normalizers.contains("Prepend");
    List<JsonFields> steps = new ArrayList<>();
    for (JsonFields step : flat(tokenizer.object("pre_tokenizer"), "pretokenizers")) {
      boolean isVain = replaces && splitsAtSpaces(step);
      if (!isVain) {
        steps.add(step);
      }
    }
    boolean known =
        normalizers.stream().distinct().count() == normalizers.size()
            && normalizers.stream().allMatch(List.of("Replace", "Prepend")::contains);
    if (!known || steps.size() > 1) {
      return Optional.empty();
    }
    if (steps.isEmpty()) {
      return replaces
          ? Optional.of(
              new SpaceScheme(
                  prepends ? SpacePrefix.EACH : SpacePrefix.NEVER,
                  true,
                  SentencePieceTokenizer.Cuts.RUNS))
          : Optional.empty();
    }
    return prepends ? Optional.empty() : metaspace(steps.getFirst(), replaces);
  }

  /// What a file does, for people.
  static String described(JsonFields tokenizer) throws FormatException {
    List<String> all = new ArrayList<>();
    for (JsonFields one : flat(tokenizer.object("normalizer"), "normalizers")) {
      all.add("normalizer " + one.text("type").orElse("?"));
    }
    for (JsonFields one : flat(tokenizer.object("pre_tokenizer"), "pretokenizers")) {
      all.add("pre-tokenizer " + one.text("type").orElse("?"));
    }
    return all.isEmpty() ? "nothing" : String.join(", ", all);
  }

  /// The kind of a normalizer as far as it is one of these, with nothing unusual about it.
  private static String normalizer(JsonFields fields) throws FormatException {
    String type = fields.text("type").orElse("?");
    boolean usual =
        switch (type) {
          case "Prepend" -> fields.text("prepend").equals(Optional.of(SIGN));
          case "Replace" -> {
            Optional<JsonFields> pattern = fields.object("pattern");
            yield pattern.isPresent()
                && pattern.get().text("String").equals(Optional.of(" "))
                && fields.text("content").equals(Optional.of(SIGN));
          }
          default -> false;
        };
    return usual ? type : "?";
  }

  /// Gemma's files cut at spaces where there are none any more.
  private static boolean splitsAtSpaces(JsonFields step) throws FormatException {
    Optional<JsonFields> pattern =
        step.text("type").equals(Optional.of("Split")) ? step.object("pattern") : Optional.empty();
    return pattern.isPresent()
        && pattern.get().text("String").equals(Optional.of(" "))
        && !step.bool("invert").orElse(false);
  }

  private static Optional<SpaceScheme> metaspace(JsonFields step, boolean normalizes)
      throws FormatException {
    if (!step.text("type").equals(Optional.of("Metaspace"))
        || !step.text("replacement").orElse(SIGN).equals(SIGN)) {
      return Optional.empty();
    }
    Optional<String> scheme = step.text("prepend_scheme");
    Optional<SpacePrefix> prefix =
        switch (scheme.orElse(step.bool("add_prefix_space").orElse(true) ? "always" : "never")) {
          case "always" -> Optional.of(SpacePrefix.EACH_UNLESS_SPACED);
          case "first" -> Optional.of(SpacePrefix.FIRST_UNLESS_SPACED);
          case "never" -> Optional.of(SpacePrefix.NEVER);
          default -> Optional.empty();
        };
    SentencePieceTokenizer.Cuts cuts =
        step.bool("split").orElse(true)
            ? SentencePieceTokenizer.Cuts.EVERY_SPACE
            : SentencePieceTokenizer.Cuts.RUNS;
    return prefix.map(one -> new SpaceScheme(one, normalizes, cuts));
  }

  /// The members of nested sequences in order.
  static List<JsonFields> flat(Optional<JsonFields> top, String members) throws FormatException {
    List<JsonFields> flat = new ArrayList<>();
    Deque<JsonFields> open = new ArrayDeque<>();
    top.ifPresent(open::push);
    while (!open.isEmpty()) {
      JsonFields one = open.pop();
      if (one.text("type").equals(Optional.of("Sequence"))) {
        one.objects(members).reversed().forEach(open::push);
      } else {
        flat.add(one);
      }
    }
    return flat;
  }
}

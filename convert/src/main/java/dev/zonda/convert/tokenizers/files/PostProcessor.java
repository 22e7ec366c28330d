package dev.zonda.convert.tokenizers.files;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.FormatException;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// What tokenizer.json's `post_processor` puts around a text, told to [SpecialTokens]. Only what
/// real files hold is understood: byte-level, RoBERTa's and simple templates.
final class PostProcessor {
  private final SpecialTokens tokens;
  private final boolean hasConfig;
  private String first = "";
  private String last = "";

  PostProcessor(SpecialTokens tokens, boolean hasConfig) {
    this.tokens = tokens;
    this.hasConfig = hasConfig;
  }

  public void read(JsonFields tokenizer) throws FormatException {
    Optional<JsonFields> top = tokenizer.object("post_processor");
    if (top.isEmpty()) {
      return;
    }
    List<JsonFields> processors =
        top.get().has("processors") ? top.get().objects("processors") : List.of(top.get());
    for (JsonFields processor : processors) {
      switch (processor.text("type").orElse("")) {
        case "ByteLevel" -> {
          tokens.setAdds(SpecialTokenKind.BOS, SpecialTokens.AddRule.UNLESS_KNOWN, false);
          tokens.setAdds(SpecialTokenKind.EOS, SpecialTokens.AddRule.UNLESS_KNOWN, false);
        }
        case "RobertaProcessing" -> {
          override(SpecialTokenKind.BOS, true);
          override(SpecialTokenKind.EOS, true);
          override(SpecialTokenKind.SEP, true);
        }
        case "TemplateProcessing" -> {
          readSingle(processor.objects("single"));
          readPair(processor.objects("pair"));
        }
        default -> {
          // Others do not add tokens.
        }
      }
    }
  }

  /// The template of one text: `<s> A`, `A </s>` or both.
  private void readSingle(List<JsonFields> template) throws FormatException {
    first = "";
    last = "";
    if (template.size() < 2) {
      return;
    }
    first = id(template.getFirst(), "SpecialToken");
    if (!first.isEmpty()) {
      if (hasConfig && !isAnyOf(first, SpecialTokenKind.BOS, SpecialTokenKind.CLS)) {
        nameIfUnnamed(SpecialTokenKind.BOS, first, template.getFirst());
        nameIfUnnamed(SpecialTokenKind.CLS, first, template.getFirst());
      }
      override(
          SpecialTokenKind.BOS,
          !hasConfig || isAnyOf(first, SpecialTokenKind.BOS, SpecialTokenKind.CLS));
    }
    last = id(template.getLast(), "SpecialToken");
    if (!last.isEmpty()) {
      if (hasConfig && !tokens.isNamed(SpecialTokenKind.EOS, last)) {
        tokens.named(SpecialTokenKind.EOS).ifPresent(tokens::demoteEos);
        tokens.name(SpecialTokenKind.EOS, idNode(template.getLast(), "SpecialToken"));
      }
      override(SpecialTokenKind.EOS, true);
    }
  }

  /// The template of two texts tells whether a token goes between them.
  private void readPair(List<JsonFields> template) throws FormatException {
    if (template.isEmpty()) {
      return;
    }
    int from = !first.isEmpty() && id(template.getFirst(), "SpecialToken").equals(first) ? 1 : 0;
    boolean closed = !last.isEmpty() && id(template.getLast(), "SpecialToken").equals(last);
    int to = template.size() - (closed ? 1 : 0);
    if (to - from < 3
        || !id(template.get(from), "Sequence").equals("A")
        || !id(template.get(to - 1), "Sequence").equals("B")) {
      return;
    }
    List<JsonFields> between = template.subList(from + 1, to - 1);
    boolean adds = isSeparator(between.getFirst()) && last.isEmpty();
    if (between.size() == 2 && isSeparator(between.getLast())) {
      adds = true;
    }
    override(SpecialTokenKind.SEP, adds);
    if (adds && hasConfig && tokens.named(SpecialTokenKind.SEP).isEmpty()) {
      tokens
          .named(SpecialTokenKind.EOS)
          .ifPresent(token -> tokens.name(SpecialTokenKind.SEP, token));
    }
  }

  private boolean isSeparator(JsonFields entry) throws FormatException {
    String id = id(entry, "SpecialToken");
    if (id.isEmpty()) {
      return false;
    }
    return hasConfig ? isAnyOf(id, SpecialTokenKind.SEP, SpecialTokenKind.EOS) : id.equals(last);
  }

  private void nameIfUnnamed(SpecialTokenKind kind, String text, JsonFields entry)
      throws FormatException {
    if (tokens.named(kind).isEmpty() && !text.isEmpty()) {
      tokens.name(kind, idNode(entry, "SpecialToken"));
    }
  }

  private boolean isAnyOf(String text, SpecialTokenKind... kinds) {
    for (SpecialTokenKind kind : kinds) {
      if (tokens.isNamed(kind, text)) {
        return true;
      }
    }
    return false;
  }

  private void override(SpecialTokenKind kind, boolean added) {
    tokens.setAdds(kind, SpecialTokens.AddRule.OVERRIDE, added);
  }

  /// The `id` in an entry such as `{"SpecialToken": {"id": "<s>"}}`, empty if it is of another
  /// kind.
  private static String id(JsonFields entry, String kind) throws FormatException {
    Optional<JsonFields> value = entry.object(kind);
    return value.isPresent() ? value.get().text("id").orElse("") : "";
  }

  private static JsonNode idNode(JsonFields entry, String kind) throws FormatException {
    return entry.object(kind).orElseThrow().get("id").orElseThrow();
  }
}

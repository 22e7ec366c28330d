package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.tokenizers.files.TokenizerJson;
import dev.zonda.formats.FormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// What tokenizer.json's `post_processor` puts around one text, as the library tokenizers does.
final class DocumentTemplate {
  private final List<Integer> before = new ArrayList<>();
  private final List<Integer> after = new ArrayList<>();

  private DocumentTemplate() {}

  /// @throws FormatException if the post-processor is not one that the library knows
  static Surroundings of(JsonFields tokenizer) throws FormatException {
    DocumentTemplate template = new DocumentTemplate();
    for (JsonFields processor :
        SpaceScheme.flat(tokenizer.object("post_processor"), "processors")) {
      switch (processor.text("type").orElse("?")) {
        case "ByteLevel" -> {
          // It adds no tokens.
        }
        case "TemplateProcessing" -> {
          template.requireNone(processor);
          template.readSingle(processor);
        }
        case "BertProcessing", "RobertaProcessing" -> {
          template.requireNone(processor);
          template.before.add(pair(processor, "cls"));
          template.after.add(pair(processor, "sep"));
        }
        default ->
            throw processor.problem(
                "type",
                "is %s, expected ByteLevel, TemplateProcessing, BertProcessing, RobertaProcessing"
                        .formatted(processor.text("type").orElse("missing"))
                    + " or a Sequence of them");
      }
    }
    return new Surroundings(template.before, template.after);
  }

  /// The library takes tokens that were added before for texts.
  private void requireNone(JsonFields processor) throws FormatException {
    if (!before.isEmpty() || !after.isEmpty()) {
      throw processor.problem(
          "type", "is of a processor that follows another one that adds tokens");
    }
  }

  /// The template of one text: tokens, the text, tokens.
  private void readSingle(JsonFields processor) throws FormatException {
    boolean isBehind = false;
    for (JsonFields entry : processor.objects("single")) {
      Optional<JsonFields> token = entry.object("SpecialToken");
      if (token.isPresent()) {
        (isBehind ? after : before).addAll(ids(processor, token.get()));
        continue;
      }
      Optional<JsonFields> sequence = entry.object("Sequence");
      boolean isText =
          sequence.isPresent() && sequence.get().text("id").equals(Optional.of("A")) && !isBehind;
      if (!isText) {
        throw processor.problem(
            "single", "is %s, expected exactly one text A".formatted(entry.node()));
      }
      isBehind = true;
    }
    if (!isBehind) {
      throw processor.problem("single", "has no text A, expected exactly one");
    }
  }

  /// The ids that a template has for one of its tokens.
  private static List<Integer> ids(JsonFields processor, JsonFields token) throws FormatException {
    String name =
        token.text("id").orElseThrow(() -> token.problem("id", "is missing, expected a string"));
    Optional<JsonFields> all = processor.object("special_tokens");
    Optional<JsonFields> one = all.isPresent() ? all.get().object(name) : Optional.empty();
    JsonFields described =
        one.orElseThrow(() -> processor.problem("special_tokens", "has no '%s'".formatted(name)));
    List<Integer> ids = new ArrayList<>();
    for (JsonNode id : described.node().path("ids")) {
      ids.add(id(described, "ids", id));
    }
    return ids;
  }

  /// The id in a pair of text and id.
  private static int pair(JsonFields processor, String field) throws FormatException {
    return id(processor, field, processor.node().path(field).path(1));
  }

  private static int id(JsonFields fields, String field, JsonNode id) throws FormatException {
    if (!id.isInt() || id.intValue() < 0 || id.intValue() >= TokenizerJson.MOST_TOKENS) {
      throw fields.problem(field, "holds %s, expected ids of tokens".formatted(id));
    }
    return id.intValue();
  }
}

package dev.zonda.convert.tokenizers.files;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Which tokens have a role (BOS, EOS, …) and which of them begin and end a text.
///
/// The ids come from tokenizer_config.json, whose names tokenizer.json gives ids, then from
/// config.json; whether a BOS is added comes from tokenizer.json's post-processor first. The order
/// of what is found is the order in the file.
public final class SpecialTokens {
  /// What early conversions of Llama write for a role that no token has.
  private static final int NO_TOKEN = -1;

  private final List<SpecialTokenKind> kinds;
  private final OptionalInt size;
  private final Notes notes;
  private final SequencedMap<SpecialTokenKind, Integer> ids = new LinkedHashMap<>();
  private final SequencedMap<SpecialTokenKind, Boolean> adds = new LinkedHashMap<>();
  private final Map<SpecialTokenKind, JsonNode> named = new EnumMap<>(SpecialTokenKind.class);
  private final Set<SpecialTokenKind> renamed = EnumSet.noneOf(SpecialTokenKind.class);

  /// @param kinds which to look for
  /// @param size number of tokens, if ids beyond are to be left out
  public SpecialTokens(List<SpecialTokenKind> kinds, OptionalInt size, Notes notes) {
    this.kinds = new ArrayList<>(kinds);
    this.size = size;
    this.notes = notes;
  }

  /// Reads what the folder's files say.
  public void read(
      Optional<JsonFields> tokenizer, Optional<JsonFields> tokenizerConfig, JsonFields config)
      throws FormatException {
    if (tokenizerConfig.isPresent()) {
      for (SpecialTokenKind kind : SpecialTokenKind.values()) {
        tokenizerConfig.get().get(kind.tokenField()).ifPresent(token -> named.put(kind, token));
      }
    }
    if (tokenizer.isPresent()) {
      nameByRole(tokenizerConfig.isPresent());
      new PostProcessor(this, tokenizerConfig.isPresent()).read(tokenizer.get());
    }
    if (tokenizerConfig.isPresent()) {
      readTokenizerConfig(tokenizer, tokenizerConfig.get());
    }
    readConfig(config);
  }

  /// Gives an id unless there is one already.
  public void setId(SpecialTokenKind kind, long id) {
    if (size.isPresent() && id >= size.getAsInt()) {
      notes.add(
          "%s is %d, but there are %d tokens: it is left out"
              .formatted(kind.idField(), id, size.getAsInt()));
    } else {
      ids.putIfAbsent(kind, (int) id);
    }
  }

  public OptionalInt id(SpecialTokenKind kind) {
    Integer id = ids.get(kind);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  public void replaceId(SpecialTokenKind kind, int id) {
    ids.put(kind, id);
  }

  /// Whether a document gets the token, if that is known.
  public Optional<Boolean> adds(SpecialTokenKind kind) {
    return Optional.ofNullable(adds.get(kind));
  }

  public void replaceAdds(SpecialTokenKind kind, boolean added) {
    adds.put(kind, added);
  }

  /// Whether a role has another token than tokenizer_config.json names.
  public boolean isRenamed(SpecialTokenKind kind) {
    return renamed.contains(kind);
  }

  public void write(Metadata.Builder metadata) {
    ids.forEach((kind, id) -> kind.idKey().ifPresent(key -> metadata.putUint32(key, id)));
    adds.forEach((kind, added) -> kind.addKey().ifPresent(key -> metadata.putBool(key, added)));
  }

  public Optional<JsonNode> named(SpecialTokenKind kind) {
    return Optional.ofNullable(named.get(kind)).filter(SpecialTokens::isSaid);
  }

  public boolean isNamed(SpecialTokenKind kind, String text) {
    JsonNode token = named.get(kind);
    return token != null && token.isString() && token.stringValue().equals(text);
  }

  public void name(SpecialTokenKind kind, JsonNode token) {
    named.put(kind, token);
    renamed.add(kind);
  }

  void setAdds(SpecialTokenKind kind, AddRule rule, boolean added) {
    if (rule == AddRule.OVERRIDE) {
      adds.put(kind, added);
    } else {
      adds.putIfAbsent(kind, added);
    }
  }

  enum AddRule {
    OVERRIDE,
    UNLESS_KNOWN
  }

  /// A text ends with another token than EOS: what was EOS becomes the end of a turn.
  void demoteEos(JsonNode formerEos) {
    if (!kinds.contains(SpecialTokenKind.EOT)) {
      kinds.add(SpecialTokenKind.EOT);
      named.put(SpecialTokenKind.EOT, formerEos);
    } else if (!kinds.contains(SpecialTokenKind.EOM)) {
      kinds.add(SpecialTokenKind.EOM);
      named.put(SpecialTokenKind.EOM, formerEos);
    } else {
      notes.add("tokenizer.json: the EOS token is replaced by the one its template ends with");
    }
  }

  public void note(String line) {
    notes.add(line);
  }

  /// BERT's names for the first and last token serve where the usual ones are missing.
  private void nameByRole(boolean hasConfig) {
    if (!hasConfig) {
      return;
    }
    if (named(SpecialTokenKind.BOS).isEmpty()) {
      named(SpecialTokenKind.CLS).ifPresent(token -> name(SpecialTokenKind.BOS, token));
    }
    if (named(SpecialTokenKind.EOS).isEmpty()) {
      named(SpecialTokenKind.SEP).ifPresent(token -> name(SpecialTokenKind.EOS, token));
    }
  }

  private void readTokenizerConfig(Optional<JsonFields> tokenizer, JsonFields config)
      throws FormatException {
    Map<String, JsonNode> addedIds = new LinkedHashMap<>();
    if (tokenizer.isPresent()) {
      for (JsonFields token : tokenizer.get().objects("added_tokens")) {
        Optional<JsonNode> id = token.get("id");
        token
            .get("content")
            .filter(JsonNode::isString)
            .ifPresent(text -> id.ifPresent(i -> addedIds.putIfAbsent(text.stringValue(), i)));
      }
    }
    for (SpecialTokenKind kind : kinds) {
      Optional<JsonNode> add = config.get(kind.addField()).filter(JsonNode::isBoolean);
      if (add.isPresent()) {
        boolean known = adds.containsKey(kind) && adds.get(kind) != add.get().booleanValue();
        if (known) {
          notes.add(
              "tokenizer_config.json: %s is %s, but tokenizer.json says otherwise and is believed"
                  .formatted(kind.addField(), add.get()));
        }
        setAdds(kind, AddRule.UNLESS_KNOWN, add.get().booleanValue());
      }
      Optional<JsonNode> id =
          Optional.ofNullable(named.get(kind)).flatMap(TokenRoles::content).map(addedIds::get);
      if (id.isPresent()) {
        takeId(kind, id.get(), config);
      }
    }
  }

  private void readConfig(JsonFields config) throws FormatException {
    for (SpecialTokenKind kind : kinds) {
      Optional<JsonNode> id = config.get(kind.idField());
      if (id.isEmpty() && config.get("text_config").filter(JsonNode::isObject).isPresent()) {
        id = config.object("text_config").orElseThrow().get(kind.idField());
      }
      if (id.isPresent()) {
        takeId(kind, id.get(), config);
      }
    }
  }

  private void takeId(SpecialTokenKind kind, JsonNode id, JsonFields where) throws FormatException {
    if (!id.isIntegralNumber()) {
      return;
    }
    if (id.canConvertToInt() && id.intValue() == NO_TOKEN) {
      notes.add(
          "%s: %s is %d, which is not a token: it is left out; llama.cpp's converter fails"
              .formatted(where.file().getFileName(), kind.idField(), NO_TOKEN));
      return;
    }
    if (!id.canConvertToInt() || id.intValue() < 0) {
      throw where.problem(
          kind.idField(), "is " + id + ", expected a token id, or -1 where there is none");
    }
    setId(kind, id.intValue());
  }

  /// Whether a value counts as given: not null, not empty.
  private static boolean isSaid(JsonNode token) {
    return !token.isNull() && !(token.isString() ? token.stringValue().isEmpty() : token.isEmpty());
  }
}

package dev.zonda.convert.tokenizers.files;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Which tokens a folder's files name for a role (`bos_token`, …) or as special, as transformers 5
/// reads them: tokenizer_config.json; special_tokens_map.json counts more, but only where the
/// former has no `added_tokens_decoder`; then the defaults of the tokenizer's class.
public final class TokenRoles {
  private static final String EXTRA = "extra_special_tokens";

  /// What [#EXTRA] was called up to transformers 4.
  private static final String ADDITIONAL = "additional_special_tokens";

  private static final Set<SpecialTokenKind> STANDARD =
      EnumSet.complementOf(EnumSet.of(SpecialTokenKind.EOT, SpecialTokenKind.EOM));

  private final SequencedMap<String, AddedToken> named = new LinkedHashMap<>();
  private final SequencedMap<String, AddedToken> extra = new LinkedHashMap<>();
  private final SequencedMap<String, AddedToken> additional = new LinkedHashMap<>();
  private final Set<SpecialTokenKind> said = EnumSet.noneOf(SpecialTokenKind.class);

  private TokenRoles() {}

  public static TokenRoles of(TokenizerFiles files, TokenizerClass loader) throws IOException {
    TokenRoles roles = new TokenRoles();
    if (files.tokenizerConfig().isPresent()) {
      roles.read(files.tokenizerConfig().get());
    }
    if (readsMap(files)) {
      roles.read(files.specialTokensMap().get());
    }
    loader
        .defaults()
        .forEach((kind, text) -> {
          if (!roles.said.contains(kind)) {
            roles.named.put(kind.tokenField(), AddedToken.special(text));
          }
        });
    return roles;
  }

  /// Whether special_tokens_map.json counts.
  private static boolean readsMap(TokenizerFiles files) throws IOException {
    return files.specialTokensMap().isPresent() && files.addedTokensDecoder().isEmpty();
  }

  /// The token of a role, by a file or by the tokenizer's class.
  public Optional<String> text(SpecialTokenKind kind) {
    return Optional.ofNullable(named.get(kind.tokenField())).map(AddedToken::content);
  }

  /// The token of a role that a file names.
  public Optional<String> saidText(SpecialTokenKind kind) {
    return said.contains(kind) ? text(kind) : Optional.empty();
  }

  /// All tokens with a role, the usual ones first, then those that are special without one. In this
  /// order they get ids.
  public List<AddedToken> all() {
    SequencedMap<String, AddedToken> all = new LinkedHashMap<>();
    for (SpecialTokenKind kind : STANDARD) {
      Optional.ofNullable(named.get(kind.tokenField()))
          .ifPresent(token -> all.putIfAbsent(token.content(), token));
    }
    named.values().forEach(token -> all.putIfAbsent(token.content(), token));
    (extra.isEmpty() ? additional : extra)
        .values()
        .forEach(token -> all.putIfAbsent(token.content(), token));
    all.remove("");
    return new ArrayList<>(all.values());
  }

  /// Whether a token has a role.
  public boolean isNamed(String text) {
    return named.values().stream().anyMatch(token -> token.content().equals(text));
  }

  /// Says where the two files that name roles contradict each other.
  public static void noteContradictions(TokenizerFiles files, Notes notes) throws IOException {
    if (files.specialTokensMap().isEmpty()) {
      return;
    }
    boolean mapCounts = readsMap(files);
    JsonFields map = files.specialTokensMap().get();
    for (SpecialTokenKind kind : STANDARD) {
      String field = kind.tokenField();
      Optional<String> inMap = map.get(field).flatMap(TokenRoles::content);
      Optional<String> inConfig =
          files.tokenizerConfig().flatMap(config -> config.get(field)).flatMap(TokenRoles::content);
      if (inMap.isEmpty() || inMap.equals(inConfig) || (mapCounts && inConfig.isEmpty())) {
        continue;
      }
      notes.add(
          "%s is %s in %s, but %s in %s, which is believed, as transformers does"
              .formatted(
                  field,
                  quoted(mapCounts ? inConfig : inMap),
                  mapCounts ? TokenizerFiles.CONFIG : TokenizerFiles.SPECIAL_TOKENS_MAP,
                  quoted(mapCounts ? inMap : inConfig),
                  mapCounts ? TokenizerFiles.SPECIAL_TOKENS_MAP : TokenizerFiles.CONFIG));
    }
  }

  private static String quoted(Optional<String> text) {
    return text.map(token -> "'" + token + "'").orElse("none");
  }

  private void read(JsonFields fields) throws FormatException {
    for (Map.Entry<String, JsonNode> field : fields.fields()) {
      String name = field.getKey();
      Optional<SpecialTokenKind> kind =
          STANDARD.stream().filter(one -> one.tokenField().equals(name)).findFirst();
      Optional<AddedToken> token = token(fields, name, field.getValue());
      kind.ifPresent(said::add);
      if (token.isPresent() && name.endsWith("_token")) {
        named.put(name, token.get());
      } else if (kind.isPresent()) {
        named.remove(name);
      }
    }
    readList(fields, EXTRA, extra);
    readList(fields, ADDITIONAL, additional);
  }

  /// A list of tokens, or an object of them by names of their own.
  private static void readList(JsonFields fields, String list, Map<String, AddedToken> into)
      throws FormatException {
    Optional<JsonNode> tokens = fields.get(list).filter(JsonNode::isContainer);
    if (tokens.isEmpty()) {
      return;
    }
    for (JsonNode one : tokens.get()) {
      token(fields, list, one).ifPresent(token -> into.put(token.content(), token));
    }
  }

  private static Optional<AddedToken> token(JsonFields fields, String name, JsonNode node)
      throws FormatException {
    if (!node.isObject()) {
      return content(node).map(AddedToken::special);
    }
    if (content(node).isEmpty()) {
      return Optional.empty();
    }
    JsonFields token = fields.child(name, node);
    return Optional.of(AddedToken.of(token, AddedToken.Special.ALWAYS));
  }

  /// The text of a token that is a string, or an object with a `content`.
  public static Optional<String> content(JsonNode token) {
    JsonNode text = token.isObject() ? token.path("content") : token;
    return text.isString() ? Optional.of(text.stringValue()) : Optional.empty();
  }
}

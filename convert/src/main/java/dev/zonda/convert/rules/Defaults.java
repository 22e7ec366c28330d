package dev.zonda.convert.rules;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.FormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/// What a configuration class of transformers fills in where config.json is silent: a table of
/// values, and those that follow from others.
public final class Defaults {
  /// For files that are read as they stand.
  public static final Defaults NONE = new Defaults(Map.of(), List.of());

  private static final String HEADS = "num_attention_heads";
  private static final String KEY_HEADS = "num_key_value_heads";
  private static final String HEAD = "head_dim";

  /// Values that follow from others.
  @FunctionalInterface
  public interface Derivation {
    /// @param config the file
    /// @param values the defaults so far
    Map<String, Object> of(JsonFields config, Map<String, Object> values) throws FormatException;
  }

  private final Map<String, Object> values;
  private final List<Derivation> derivations;

  private Defaults(Map<String, Object> values, List<Derivation> derivations) {
    this.values = Map.copyOf(values);
    this.derivations = List.copyOf(derivations);
  }

  /// @param values numbers, booleans and texts by field name
  public static Defaults of(Map<String, Object> values) {
    return new Defaults(values, List.of());
  }

  /// With more values, or other ones.
  public Defaults with(Map<String, Object> more) {
    Map<String, Object> all = new HashMap<>(values);
    all.putAll(more);
    return new Defaults(all, derivations);
  }

  /// With one more value, or another one.
  public Defaults with(String field, Object value) {
    return with(Map.of(field, value));
  }

  /// With a value that is an object. It is made when it is asked for: every start would wait for
  /// the classes of JSON trees, and most need none of them.
  public Defaults object(String field, Supplier<JsonNode> value) {
    return following((config, known) -> Map.of(field, value.get()));
  }

  /// With values that follow from those before.
  public Defaults following(Derivation derivation) {
    List<Derivation> all = new ArrayList<>(derivations);
    all.add(derivation);
    return new Defaults(values, all);
  }

  /// As many heads of keys and values as of queries.
  public Defaults asManyKeyHeadsAsQueries() {
    return following((config, known) -> Map.of(KEY_HEADS, size(config, known, HEADS)));
  }

  /// So many heads of keys and values; where the file says null, as many as of queries.
  public Defaults keyHeads(int count) {
    return following((config, known) ->
        Map.of(KEY_HEADS, config.mentions(KEY_HEADS) ? size(config, known, HEADS) : count));
  }

  /// Heads that share the width of the residual stream.
  public Defaults headsOfHidden() {
    return following((config, known) -> Map.of(HEAD, sharedWidth(config, known)));
  }

  /// Heads of a length; where the file says null, they share the width of the residual stream.
  public Defaults headLength(int length) {
    return following((config, known) ->
        Map.of(HEAD, config.mentions(HEAD) ? sharedWidth(config, known) : length));
  }

  private static long sharedWidth(JsonFields config, Map<String, Object> values)
      throws FormatException {
    return size(config, values, "hidden_size") / size(config, values, HEADS);
  }

  /// A field that has the value of another one.
  public Defaults same(String field, String other) {
    return following((config, known) -> Map.of(field, size(config, known, other)));
  }

  private static long size(JsonFields config, Map<String, Object> values, String field)
      throws FormatException {
    return config
        .integer(field, 1, Integer.MAX_VALUE)
        .orElse(((Number) values.get(field)).longValue());
  }

  /// All values for a file.
  public Map<String, Object> values(JsonFields config) throws FormatException {
    Map<String, Object> all = new HashMap<>(values);
    for (Derivation derivation : derivations) {
      all.putAll(derivation.of(config, all));
    }
    return all;
  }
}

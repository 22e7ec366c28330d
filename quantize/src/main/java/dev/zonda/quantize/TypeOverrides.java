package dev.zonda.quantize;

import dev.zonda.formats.NearestName;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.block.Codecs;
import dev.zonda.quantize.pattern.NamePattern;
import dev.zonda.quantize.pattern.SearchEffort;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// Types that the user chose for tensors instead of the [Mixture]. Immutable.
///
/// @param output the type of the output matrix, or of embeddings that serve as one
/// @param tokenEmbedding the type of the token embeddings
/// @param rules types by name: the first whose pattern is found in a tensor's name counts
public record TypeOverrides(
    Optional<TensorType> output, Optional<TensorType> tokenEmbedding, List<Rule> rules) {
  public static final TypeOverrides NONE =
      new TypeOverrides(Optional.empty(), Optional.empty(), List.of());

  private static final String PER_LAYER_EMBEDDING = "per_layer_token_embd.weight";

  /// @param names what to search for in the names of tensors
  /// @param type of the tensors with such names
  public record Rule(NamePattern names, TensorType type) {
    /// Reads `attn_v=Q8_0`: a pattern up to the first `=`, and a type.
    ///
    /// @throws IllegalArgumentException if it is not a rule; the message says why
    public static Rule parse(String text) {
      int equals = text.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException(
            "'" + text + "' is not a rule, expected a pattern and a type such as attn_v=Q8_0");
      }
      return new Rule(
          NamePattern.of(text.substring(0, equals)), parseType(text.substring(equals + 1)));
    }

    /// The text that [#parse] reads.
    @Override
    public String toString() {
      return names + "=" + type;
    }
  }

  public TypeOverrides {
    rules = List.copyOf(rules);
  }

  /// A tensor type that can be written, by its name in upper or lower case.
  ///
  /// @throws IllegalArgumentException if there is no such type; the message names them all
  public static TensorType parseType(String name) {
    String upper = name.strip().toUpperCase(Locale.ROOT);
    List<TensorType> types =
        Arrays.stream(TensorType.values()).filter(type -> Codecs.of(type).isPresent()).toList();
    return types.stream()
        .filter(type -> type.name().equals(upper))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "unknown tensor type '%s'%s, choose one of %s"
                    .formatted(
                        name,
                        NearestName.question(meant(name, types)),
                        types.stream().map(TensorType::name).collect(Collectors.joining(", ")))));
  }

  /// The default type of the file type that the user may have meant.
  private static Optional<String> meant(String name, List<TensorType> types) {
    return NearestName.meant(name, types.stream().map(TensorType::name).toList())
        .or(() -> FileType.meant(name).map(type -> FileType.valueOf(type).defaultType().name()));
  }

  /// Reads a list of rules, separated by white space.
  ///
  /// @throws IllegalArgumentException if one of them is not a rule; the message says why
  public static List<Rule> parseRules(String text) {
    List<Rule> rules = new ArrayList<>();
    for (String rule : text.strip().split("\\s+", -1)) {
      if (!rule.isEmpty()) {
        rules.add(Rule.parse(rule));
      }
    }
    return rules;
  }

  /// The type for the embeddings or the output, which count in files of any type and whatever the
  /// tensor's shape is.
  Optional<TensorType> forEnds(String tensorName, SearchEffort effort) {
    return switch (TensorRole.of(tensorName)) {
      case OUTPUT -> output;
      // The embeddings of each layer are a large table of their own, which a rule may name.
      case TOKEN_EMBEDDING ->
          tensorName.equals(PER_LAYER_EMBEDDING) && byRule(tensorName, effort).isPresent()
              ? Optional.empty()
              : tokenEmbedding;
      default -> Optional.empty();
    };
  }

  /// The first rule that applies. Only files of quantized types follow rules.
  Optional<Rule> byRule(String tensorName, SearchEffort effort) {
    return rules.stream().filter(rule -> rule.names().isFoundIn(tensorName, effort)).findFirst();
  }
}

package dev.zonda.convert.rules;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The function between the matrices of a feed-forward network. GGUF has no key for it: each
/// architecture has its own, and a checkpoint with another one can only be evaluated itself.
///
/// @param field of config.json
/// @param usual the architecture's own, by transformers' name
public record ActivationRule(String field, String usual) implements MetadataRule {
  public static final ActivationRule SILU = new ActivationRule("hidden_act", "silu");

  /// The square of what is above zero.
  public static final ActivationRule SQUARED_RELU = new ActivationRule("hidden_act", "relu2");

  /// transformers' names of the functions that an evaluation has, with its own name for each.
  private static final Map<String, String> FUNCTIONS =
      Map.ofEntries(
          Map.entry("silu", "silu"),
          Map.entry("swish", "silu"),
          Map.entry("gelu", "gelu"),
          Map.entry("gelu_python", "gelu"),
          Map.entry("gelu_new", "gelu_tanh"),
          Map.entry("gelu_fast", "gelu_tanh"),
          Map.entry("gelu_accurate", "gelu_tanh"),
          Map.entry("gelu_pytorch_tanh", "gelu_tanh"),
          Map.entry("gelu_python_tanh", "gelu_tanh"),
          Map.entry("quick_gelu", "quick_gelu"),
          Map.entry("relu", "relu"),
          Map.entry("relu2", "relu2"),
          Map.entry("relu6", "relu6"),
          Map.entry("sigmoid", "sigmoid"),
          Map.entry("tanh", "tanh"));

  @Override
  public void write(Source source, Metadata.Builder metadata) throws FormatException {
    String name = source.config().text(field).orElse(usual);
    if (name.equals(usual)) {
      return;
    }
    Optional<String> function = Optional.ofNullable(FUNCTIONS.get(name));
    if (function.isEmpty() && source.isCorrected()) {
      throw source
          .config()
          .fields()
          .problem(
              field,
              "is '%s', which can neither be written nor evaluated; expected one of %s"
                  .formatted(
                      name,
                      String.join(
                          ", ", List.copyOf(FUNCTIONS.keySet().stream().sorted().toList()))));
    }
    if (function.isPresent() && !function.get().equals(FUNCTIONS.get(usual))) {
      source.noteUnwritten(field, "'" + name + "'", "'" + usual + "'");
      source.unwritten().putText(source.key("feed_forward.activation"), function.get());
    }
  }
}

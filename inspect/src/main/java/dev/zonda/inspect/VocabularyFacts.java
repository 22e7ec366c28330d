package dev.zonda.inspect;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How a model turns text into tokens, as GGUF's metadata say it.
///
/// @param model kind of the vocabulary, for example `llama` or `gpt2`
/// @param preTokenizer how text is cut into words first
/// @param tokens how many there are
/// @param specialTokens those with a role
/// @param chatTemplate by which a conversation becomes a text
public record VocabularyFacts(
    String model,
    Optional<String> preTokenizer,
    long tokens,
    List<SpecialToken> specialTokens,
    Optional<String> chatTemplate) {
  private static final Pattern ROLE = Pattern.compile("tokenizer\\.ggml\\.(.+)_token_id");
  private static final String TOKENS = "tokenizer.ggml.tokens";

  public VocabularyFacts {
    specialTokens = List.copyOf(specialTokens);
  }

  /// A token with a role.
  ///
  /// @param role for example `BOS`
  /// @param text of the token, if the vocabulary has it
  public record SpecialToken(String role, long id, Optional<String> text) {}

  /// The facts in metadata, if they describe a vocabulary.
  public static Optional<VocabularyFacts> of(Metadata metadata) {
    Optional<String> model = metadata.text("tokenizer.ggml.model");
    if (model.isEmpty()) {
      return Optional.empty();
    }
    List<MetadataValue> tokens = metadata.array(TOKENS).orElse(List.of());
    List<SpecialToken> special = new ArrayList<>();
    for (String key : metadata.entries().keySet()) {
      Matcher role = ROLE.matcher(key);
      OptionalLong id = metadata.integer(key);
      if (role.matches() && id.isPresent()) {
        special.add(
            new SpecialToken(
                role.group(1).toUpperCase(Locale.ROOT),
                id.getAsLong(),
                text(tokens, id.getAsLong())));
      }
    }
    return Optional.of(
        new VocabularyFacts(
            model.get(),
            metadata.text("tokenizer.ggml.pre"),
            tokens.size(),
            special,
            metadata.text("tokenizer.chat_template")));
  }

  private static Optional<String> text(List<MetadataValue> tokens, long id) {
    return id >= 0 && id < tokens.size() && tokens.get((int) id) instanceof MetadataValue.Text text
        ? Optional.of(text.value())
        : Optional.empty();
  }
}

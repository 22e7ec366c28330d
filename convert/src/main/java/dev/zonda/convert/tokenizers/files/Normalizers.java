package dev.zonda.convert.tokenizers.files;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/// Whether tokenizer.json's normalizers lower the case or strip accents.
public final class Normalizers {
  private Optional<Boolean> lowercase = Optional.empty();
  private Optional<Boolean> stripAccents = Optional.empty();

  public Normalizers read(Optional<JsonFields> tokenizer) throws FormatException {
    Optional<JsonFields> top =
        tokenizer.isPresent() ? tokenizer.get().object("normalizer") : Optional.empty();
    Deque<JsonFields> open = new ArrayDeque<>();
    top.ifPresent(open::push);
    while (!open.isEmpty()) {
      JsonFields normalizer = open.pop();
      switch (normalizer.text("type").orElse("")) {
        case "Lowercase" -> lowercase = Optional.of(true);
        case "StripAccents" -> stripAccents = Optional.of(true);
        case "BertNormalizer" -> {
          lowercase = normalizer.bool("lowercase").or(() -> lowercase);
          stripAccents = normalizer.bool("strip_accents").or(() -> stripAccents);
        }
        case "Sequence" -> {
          List<JsonFields> members = normalizer.objects("normalizers");
          members.reversed().forEach(open::push);
        }
        default -> {
          // Others change text in ways that GGUF has no key for.
        }
      }
    }
    return this;
  }

  public void write(Metadata.Builder metadata) {
    lowercase.ifPresent(value -> metadata.putBool(TokenizerKeys.NORMALIZER_LOWERCASE, value));
    stripAccents.ifPresent(
        value -> metadata.putBool(TokenizerKeys.NORMALIZER_STRIP_ACCENTS, value));
  }
}

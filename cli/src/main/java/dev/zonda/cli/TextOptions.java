package dev.zonda.cli;

import dev.zonda.convert.tokenizers.Tokenizer;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.Chunks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The text that models are evaluated on, and how it is cut into chunks. Mix it in with `@Mixin`.
final class TextOptions {
  private static final int DEFAULT_CONTEXT = 512;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "TEXT",
      order = 1,
      description = "The text to evaluate on, in UTF-8.")
  private Optional<Path> file = Optional.empty();

  @Option(
      names = "--ctx",
      paramLabel = "N",
      order = 2,
      description = "Tokens per chunk (default: 512).")
  private Optional<Integer> context = Optional.empty();

  @Option(
      names = "--chunks",
      paramLabel = "N",
      order = 3,
      description = "Chunks to take from the text's start (default: all).")
  private Optional<Integer> chunks = Optional.empty();

  Optional<Path> file() {
    return file;
  }

  /// The text, if the command cannot do without.
  Path required() {
    return file.orElseThrow(() -> usageError("the text is missing: give -f TEXT"));
  }

  /// The text as a model's tokens, in chunks.
  Chunks chunks(GgufModel model) throws IOException {
    Path text = required();
    if (context() < Chunks.MIN_CONTEXT) {
      throw usageError("--ctx is %d, expected %d or more".formatted(context(), Chunks.MIN_CONTEXT));
    }
    if (chunks.isPresent() && chunks.get() < 1) {
      throw usageError("--chunks is " + chunks.get() + ", expected 1 or more");
    }
    Tokenizer tokenizer = ModelTokenizer.of(model);
    int[] tokens = tokenizer.encodeDocument(TextFile.read(text));
    if (tokens.length < 2L * context()) {
      throw usageError(
          "%s has %d tokens; --ctx %d needs at least %d: give a longer text or a smaller --ctx"
              .formatted(text, tokens.length, context(), 2L * context()));
    }
    OptionalInt limit = chunks.map(OptionalInt::of).orElseGet(OptionalInt::empty);
    return Chunks.of(tokens, context(), tokenizer.beginning(), limit);
  }

  int context() {
    return context.orElse(DEFAULT_CONTEXT);
  }

  /// The context, if one was given.
  Optional<Integer> givenContext() {
    return context;
  }

  /// The number of chunks, if one was given.
  Optional<Integer> givenChunks() {
    return chunks;
  }

  /// Whether the command line says anything about a text or chunks.
  boolean isGiven() {
    return file.isPresent() || context.isPresent() || chunks.isPresent();
  }

  private ParameterException usageError(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}

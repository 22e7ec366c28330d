package dev.zonda.cli.options;

import dev.zonda.cli.render.Console;
import dev.zonda.convert.tokenizers.Tokenizer;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.evaluation.Chunks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// The text that models are evaluated on, and how it is cut into chunks. Mix it in with `@Mixin`.
public final class TextOptions {
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
      description = "Number of chunks from the start of the text (default: all).")
  private Optional<Integer> chunks = Optional.empty();

  public Optional<Path> file() {
    return file;
  }

  /// The text; fails if none is given.
  public Path required() {
    return file.orElseThrow(() -> usageError("the text is missing: give -f TEXT"));
  }

  /// The minimum length of a text.
  public enum Length {
    /// As long as llama.cpp's tools require, so that there is something to average over.
    TWO_CONTEXTS(2),
    /// One chunk.
    ONE_CONTEXT(1);

    private final int contexts;

    Length(int contexts) {
      this.contexts = contexts;
    }
  }

  /// The text as a model's tokens, in chunks.
  public Chunks chunks(GgufModel model, Length length, Console console) throws IOException {
    Path text = required();
    if (context() < Chunks.MIN_CONTEXT) {
      throw usageError("--ctx is %d, expected %d or more".formatted(context(), Chunks.MIN_CONTEXT));
    }
    if (chunks.isPresent() && chunks.get() < 1) {
      throw usageError("--chunks is " + chunks.get() + ", expected 1 or more");
    }
    Tokenizer tokenizer = ModelTokenizer.of(model);
    int[] tokens = tokenizer.encodeDocument(TextFile.read(text));
    long least = (long) length.contexts * context();
    if (tokens.length < least) {
      throw usageError(
          "%s has %d tokens; --ctx %d needs at least %d: give a longer text or a smaller --ctx"
              .formatted(TextFile.named(text), tokens.length, context(), least));
    }
    OptionalInt limit = chunks.map(OptionalInt::of).orElseGet(OptionalInt::empty);
    Chunks cut =
        switch (length) {
          case TWO_CONTEXTS -> Chunks.of(tokens, context(), tokenizer.beginning(), limit);
          case ONE_CONTEXT -> Chunks.ofAny(tokens, context(), tokenizer.beginning(), limit);
        };
    warn(model, cut, console);
    return cut;
  }

  private void warn(GgufModel model, Chunks cut, Console console) {
    if (chunks.isPresent() && chunks.get() > cut.count()) {
      console.note(
          "the text has only %d chunks of %d tokens, but --chunks asks for %d: all of them are used"
              .formatted(cut.count(), cut.context(), chunks.get()));
    }
    OptionalLong trained =
        model
            .metadata()
            .integer(model.metadata().text("general.architecture").orElse("") + ".context_length");
    if (trained.isPresent() && trained.getAsLong() < cut.context()) {
      console.warning(
          "%s was trained with contexts of %d tokens: with --ctx %d its predictions may be poor"
              .formatted(model.name(), trained.getAsLong(), cut.context()));
    }
  }

  public int context() {
    return context.orElse(DEFAULT_CONTEXT);
  }

  /// The context, if one was given.
  public Optional<Integer> givenContext() {
    return context;
  }

  /// The number of chunks, if one was given.
  public Optional<Integer> givenChunks() {
    return chunks;
  }

  /// Whether the command line says anything about a text or chunks.
  public boolean isGiven() {
    return file.isPresent() || context.isPresent() || chunks.isPresent();
  }

  private UsageError usageError(String message) {
    return new UsageError(command, message);
  }
}

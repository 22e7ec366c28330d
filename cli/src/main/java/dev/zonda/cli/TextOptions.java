package dev.zonda.cli;

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

/// The text that models are measured on. Mix it in with `@Mixin`.
final class TextOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "TEXT",
      required = true,
      order = 1,
      description = "The text to measure on, in UTF-8.")
  private Path file;

  @Option(
      names = "--ctx",
      paramLabel = "N",
      order = 2,
      description = "Tokens per chunk; the second half of each is scored (default: 512).")
  private int context = 512;

  @Option(
      names = "--chunks",
      paramLabel = "N",
      order = 3,
      description = "Chunks to take from the text's start (default: all).")
  private Optional<Integer> chunks = Optional.empty();

  /// The text as a model's tokens, in chunks.
  Chunks chunks(GgufModel model) throws IOException {
    if (context < Chunks.MIN_CONTEXT) {
      throw usageError("--ctx is %d, expected %d or more".formatted(context, Chunks.MIN_CONTEXT));
    }
    if (chunks.isPresent() && chunks.get() < 1) {
      throw usageError("--chunks is " + chunks.get() + ", expected 1 or more");
    }
    int[] tokens = ModelTokenizer.of(model).encodeDocument(TextFile.read(file));
    if (tokens.length < 2L * context) {
      throw usageError(
          "%s has %d tokens; --ctx %d needs at least %d: give a longer text or a smaller --ctx"
              .formatted(file, tokens.length, context, 2L * context));
    }
    OptionalInt limit = chunks.map(OptionalInt::of).orElseGet(OptionalInt::empty);
    return Chunks.of(tokens, context, limit, model.metadata());
  }

  int context() {
    return context;
  }

  private ParameterException usageError(String message) {
    return new ParameterException(command.commandLine(), message);
  }
}

package dev.zonda.cli;

import dev.zonda.cli.options.LinksOption;
import dev.zonda.cli.options.ModelTokenizer;
import dev.zonda.cli.options.TextFile;
import dev.zonda.cli.render.Console;
import dev.zonda.convert.Models;
import dev.zonda.convert.tokenizers.Tokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `zonda tokenize`: text to tokens and back, as the model's own tokenizer does it.
@Command(
    name = "tokenize",
    description = {
      "Show a text as a model's tokens, or tokens as text.",
      "",
      "The result has the tokens of the text alone; models often expect a BOS token before it"
          + " (--add-special)."
    },
    footer = {
      "",
      "Examples:",
      "  zonda tokenize model.gguf \"To be, or not to be\"",
      "  zonda tokenize my-model/ -f text.txt --add-special",
      "  zonda tokenize model.gguf --strings texts.json",
      "  zonda tokenize model.gguf --decode \"1 450 1996\""
    })
final class TokenizeCommand extends ZondaCommand {
  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "A GGUF file, or the folder of a model.")
  private Path model;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "TEXT",
      description = "The text, or ids with --decode.")
  private Optional<String> text = Optional.empty();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      order = 1,
      description = "A file with the text, in UTF-8.")
  private Optional<Path> file = Optional.empty();

  @Option(
      names = "--strings",
      paramLabel = "FILE.json",
      order = 2,
      description = "A file with a JSON list of texts; the result is JSON, too.")
  private Optional<Path> strings = Optional.empty();

  @Option(
      names = "--add-special",
      order = 3,
      description = "Add the tokens that the model expects around a text, usually a BOS before it.")
  private boolean addSpecial;

  @Option(
      names = "--parse-special",
      negatable = true,
      order = 4,
      description = {
        "Read names of control tokens, such as </s>, as these tokens; with --decode, write the"
            + " names (default: as the model's own tokenizer does)."
      })
  private Boolean parseSpecial;

  @Option(
      names = "--decode",
      order = 5,
      description = "Turn ids, separated by spaces or commas, back into text.")
  private boolean decode;

  @Mixin private LinksOption links;

  /// An empty text has no tokens, or only those around it.
  @Override
  protected boolean mayBeEmpty(ArgSpec argument) {
    return argument.isPositional() && argument.paramLabel().equals("TEXT");
  }

  @Override
  protected ExitCode run(Console console) throws IOException {
    long given = Stream.of(text, file, strings).filter(Optional::isPresent).count();
    if (given != 1) {
      throw usageError("give exactly one of TEXT, -f FILE and --strings FILE.json");
    }
    if (decode && addSpecial) {
      throw usageError("--add-special has no effect with --decode: leave it out");
    }
    links.requireFolder(List.of(model));
    Tokenizer tokenizer;
    Tokenizer.ControlNames names;
    try (GgufModel opened = Models.open(model, links.links())) {
      tokenizer = ModelTokenizer.of(opened);
      names =
          Optional.ofNullable(parseSpecial)
              .map(parse -> parse ? Tokenizer.ControlNames.TOKENS : Tokenizer.ControlNames.TEXT)
              .orElseGet(() -> Tokenizer.ControlNames.usual(opened.metadata()));
    }
    if (decode) {
      decode(tokenizer, names, console);
    } else {
      encode(tokenizer, names, console);
    }
    return ExitCode.OK;
  }

  private void encode(Tokenizer tokenizer, Tokenizer.ControlNames names, Console console)
      throws IOException {
    if (strings.isPresent()) {
      List<int[]> lists = new ArrayList<>();
      for (String one : TokenLists.texts(strings.get())) {
        lists.add(encode(tokenizer, one, names));
      }
      console.json(Map.of("ids", lists));
      return;
    }
    String one = file.isPresent() ? TextFile.read(file.get()) : text.get();
    int[] ids = encode(tokenizer, one, names);
    if (json()) {
      console.json(Map.of("ids", ids));
      return;
    }
    for (int id : ids) {
      console.line("%8d  %s".formatted(id, TokenLists.shown(tokenizer, id)));
    }
    console.note(ids.length + (ids.length == 1 ? " token" : " tokens"));
  }

  private int[] encode(Tokenizer tokenizer, String one, Tokenizer.ControlNames names) {
    return addSpecial ? tokenizer.encodeDocument(one, names) : tokenizer.encode(one, names);
  }

  private void decode(Tokenizer tokenizer, Tokenizer.ControlNames names, Console console)
      throws IOException {
    if (strings.isPresent()) {
      List<String> texts = new ArrayList<>();
      for (int[] ids : TokenLists.ids(strings.get(), tokenizer)) {
        texts.add(tokenizer.decode(ids, names));
      }
      console.json(Map.of("strings", texts));
      return;
    }
    String decoded = tokenizer.decode(givenIds(tokenizer), names);
    if (json()) {
      console.json(Map.of("text", decoded));
    } else {
      decoded.lines().forEach(console::line);
    }
  }

  private int[] givenIds(Tokenizer tokenizer) throws IOException {
    if (file.isPresent()) {
      return TokenLists.parse(TextFile.named(file.get()), TextFile.read(file.get()), tokenizer);
    }
    try {
      return TokenLists.parse(Path.of("TEXT"), text.get(), tokenizer);
    } catch (FormatException e) {
      throw usageError(e.getMessage());
    }
  }
}

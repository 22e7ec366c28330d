package dev.zonda.cli.options;

import dev.zonda.formats.FormatException;
import dev.zonda.quantize.TypeOverrides;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/// One use of `--tensor-type` or `--tensor-type-file`: a group, since the order of the two matters.
/// Exactly one of the fields is set; picocli cannot fill an `Optional` in a group.
final class TypeRuleOption {
  private static final int MOST_BYTES = 1 << 20;

  @Option(
      names = "--tensor-type",
      paramLabel = "REGEX=TYPE",
      order = 106,
      required = true,
      description =
          "Type of all tensors whose names match the pattern, for example ffn_down=Q6_K; may be"
              + " repeated, and the first match counts.")
  private TypeOverrides.Rule rule;

  @Option(
      names = "--tensor-type-file",
      paramLabel = "FILE",
      order = 107,
      required = true,
      description =
          "Read rules REGEX=TYPE from a file, separated by spaces or line breaks (-: standard"
              + " input).")
  private Path file;

  Optional<Path> file() {
    return Optional.ofNullable(file);
  }

  /// @throws IOException if the file cannot be read
  List<TypeOverrides.Rule> rules() throws IOException {
    return rule == null ? read(file) : List.of(rule);
  }

  private static List<TypeOverrides.Rule> read(Path path) throws IOException {
    String text = TextFile.read(path, MOST_BYTES);
    try {
      return TypeOverrides.parseRules(text);
    } catch (IllegalArgumentException e) {
      throw FormatException.in(TextFile.named(path), e.getMessage(), e);
    }
  }
}

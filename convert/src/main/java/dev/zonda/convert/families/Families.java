package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.FormatException;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// All families that can be converted.
public final class Families {
  private static final List<Family> ALL = List.of(Llama.FAMILY, Mistral.FAMILY);

  private Families() {}

  public static List<Family> all() {
    return ALL;
  }

  /// The family of a checkpoint.
  ///
  /// @param config its config.json
  /// @throws FormatException if it names none, or one that is not known here
  public static Family of(JsonFields config) throws FormatException {
    JsonNode classes = config.node().path("architectures");
    if (!classes.isArray() || classes.isEmpty() || !classes.get(0).isString()) {
      throw config.problem("architectures", "names no model class, expected one of " + supported());
    }
    String name = classes.get(0).stringValue();
    return ALL.stream()
        .filter(family -> family.classes().contains(name))
        .findFirst()
        .orElseThrow(() ->
            config.problem(
                "architectures",
                "is '%s', which is not supported; supported are %s".formatted(name, supported())));
  }

  private static String supported() {
    return ALL.stream()
        .flatMap(family -> family.classes().stream())
        .sorted()
        .collect(Collectors.joining(", "));
  }
}

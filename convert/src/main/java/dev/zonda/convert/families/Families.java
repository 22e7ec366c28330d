package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.TextPart;
import dev.zonda.convert.rules.Family;
import dev.zonda.formats.FormatException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// All families that can be converted; [KnownFamily] lists them.
public final class Families {
  private Families() {}

  public static List<Family> all() {
    return Stream.of(KnownFamily.values()).map(KnownFamily::family).toList();
  }

  /// The names in config.json's `architectures` that a family covers.
  public static Set<String> classes(Family family) {
    return Stream.of(KnownFamily.values())
        .filter(known -> known.family().equals(family))
        .findFirst()
        .map(KnownFamily::classes)
        .orElseThrow();
  }

  /// The class that a checkpoint names, if no family covers it.
  ///
  /// @param config its config.json
  /// @throws FormatException if it names none
  public static Optional<String> unknownClass(JsonFields config) throws FormatException {
    String name = className(config);
    return candidates(name).isEmpty() ? Optional.of(name) : Optional.empty();
  }

  /// The family of a checkpoint.
  ///
  /// @param config its config.json
  /// @throws FormatException if it names none, or one that is not known here
  public static Family of(JsonFields config) throws FormatException {
    String name = className(config);
    List<Family> candidates = candidates(name);
    if (candidates.isEmpty()) {
      throw config.problem(
          "architectures",
          "is '%s', which is not supported; 'zonda families' lists those that are".formatted(name));
    }
    JsonFields text = TextPart.of(config);
    Optional<String> type = text.text("model_type");
    for (Family family : candidates) {
      boolean isOfType =
          !family.needsModelType() || type.filter(family.modelTypes()::contains).isPresent();
      Optional<Family.Condition> condition = family.condition();
      if (isOfType && (condition.isEmpty() || condition.get().test().covers(text))) {
        return family;
      }
    }
    throw config.problem(
        "model_type",
        "is '%s', expected one of %s for %s"
            .formatted(
                type.orElse("missing"),
                candidates.stream()
                    .flatMap(family -> family.modelTypes().stream())
                    .sorted()
                    .collect(Collectors.joining(", ")),
                name));
  }

  private static String className(JsonFields config) throws FormatException {
    JsonNode classes = config.node().path("architectures");
    Optional<JsonFields> layers = config.object("ssm_cfg");
    if (classes.isMissingNode() && layers.isPresent()) {
      return Mamba.className(layers.get());
    }
    if (!classes.isArray() || classes.isEmpty() || !classes.get(0).isString()) {
      throw config.problem(
          "architectures",
          "names no model class, expected one of those of 'zonda families --json'");
    }
    return classes.get(0).stringValue();
  }

  private static List<Family> candidates(String name) {
    return Stream.of(KnownFamily.values())
        .filter(known -> known.classes().contains(name))
        .map(KnownFamily::family)
        .toList();
  }
}

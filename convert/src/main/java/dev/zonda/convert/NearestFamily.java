package dev.zonda.convert;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.config.TextPart;
import dev.zonda.convert.families.Families;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.FamilyFit;
import dev.zonda.convert.rules.ModelSizes;
import dev.zonda.convert.rules.RotaryOrder;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.NearestName;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import dev.zonda.formats.io.Links;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Says of a folder of an unknown family which family its tensors and its `model_type` are nearest
/// to, and what of it no rule of that family names.
final class NearestFamily {
  private static final int MOST_NAMES = 4;

  /// Where Ultravox, which has only what hears, says which model reads.
  private static final String TEXT_MODEL = "text_model_id";

  private NearestFamily() {}

  /// The refusal of a folder.
  ///
  /// @param name of the class that config.json names
  static FormatException refusal(Path path, Links links, JsonFields config, String name) {
    try (CheckpointFolder folder = CheckpointFolder.open(path, links)) {
      List<? extends TensorInfo> tensors = folder.weights().tensors();
      Optional<String> elsewhere = config.text(TEXT_MODEL);
      if (elsewhere.isPresent() && tensors.stream().noneMatch(NearestFamily::isOfText)) {
        return config.problem(
            "architectures",
            "is '%s', and the folder has no text model: %s is '%s'; convert the folder of that"
                .formatted(name, TEXT_MODEL, elsewhere.get()));
      }
      return byTensors(config, name, tensors);
    } catch (IOException e) {
      // Without weights that can be read there is only config.json.
      return refusal(config, name, byType(config, name), "");
    }
  }

  private static boolean isOfText(TensorInfo tensor) {
    return tensor.name().contains("language_model.") || tensor.name().contains("embed_tokens.");
  }

  private static FormatException byTensors(
      JsonFields config, String name, List<? extends TensorInfo> tensors) {
    Family byType = byType(config, name);
    FamilyFit fit =
        Families.all().stream()
            .map(family -> FamilyFit.of(family, sizes(family, config), tensors))
            .max(
                Comparator.comparingInt(FamilyFit::nearness)
                    .thenComparingInt(FamilyFit::fitting)
                    .thenComparing(candidate -> candidate.family().equals(byType)))
            .orElseThrow();
    String misfits = fit.misfit().isEmpty() ? "" : "; other shapes have " + some(fit.misfit());
    String strange = fit.strange().isEmpty() ? "" : "; no rule names " + some(fit.strange());
    List<String> details = new ArrayList<>();
    fit.strange()
        .forEach((pattern, count) ->
            details.add(
                "no rule of %s names %s".formatted(fit.family().name(), all(pattern, count))));
    fit.misfit()
        .forEach((pattern, count) ->
            details.add(
                "%s expects another shape of %s"
                    .formatted(fit.family().name(), all(pattern, count))));
    return refusal(
            config,
            name,
            fit.family(),
            ", whose names and shapes %d of %d tensors have%s%s"
                .formatted(fit.fitting(), fit.compared(), strange, misfits))
        .with(details);
  }

  private static FormatException refusal(
      JsonFields config, String name, Family nearest, String why) {
    String other = NearestName.of(name, Families.classes(nearest).stream().sorted().toList());
    return config.problem(
        "architectures",
        "is '%s', which is not supported; the nearest is '%s' (%s)%s; 'zonda families' lists all"
            .formatted(name, other, nearest.name(), why));
  }

  private static String some(Map<String, Integer> patterns) {
    List<String> names = patterns.keySet().stream().limit(MOST_NAMES).toList();
    int rest = patterns.size() - names.size();
    return String.join(", ", names) + (rest > 0 ? " and %d more (--dry-run)".formatted(rest) : "");
  }

  private static String all(String pattern, int count) {
    return "%s, of which there are %d".formatted(pattern, count);
  }

  private static Optional<ModelSizes> sizes(Family family, JsonFields config) {
    try {
      JsonFields text = TextPart.of(config);
      ModelConfig typed = new ModelConfig(text, Map.of(), family.aliases());
      return Optional.of(family.sizes().of(typed, RotaryOrder.HALVES, Fidelity.CORRECTED));
    } catch (FormatException e) {
      return Optional.empty();
    }
  }

  /// The family of the `model_type` that begins most alike, or else of the class that is spelled
  /// most alike.
  private static Family byType(JsonFields config, String name) {
    String type = type(config);
    Optional<Family> alike =
        Families.all().stream()
            .filter(family -> common(family, type) >= Math.max(3, type.length() / 2))
            .max(Comparator.comparingInt(family -> common(family, type)));
    return alike.orElseGet(() -> {
      List<String> classes =
          Families.all().stream()
              .flatMap(family -> Families.classes(family).stream())
              .sorted()
              .toList();
      String spelled = NearestName.of(name, classes);
      return Families.all().stream()
          .filter(family -> Families.classes(family).contains(spelled))
          .findFirst()
          .orElseThrow();
    });
  }

  private static String type(JsonFields config) {
    try {
      return TextPart.of(config).text("model_type").orElse("");
    } catch (FormatException e) {
      return "";
    }
  }

  private static int common(Family family, String type) {
    return family.modelTypes().stream().mapToInt(own -> common(own, type)).max().orElse(0);
  }

  private static int common(String one, String other) {
    int count = 0;
    while (count < one.length()
        && count < other.length()
        && one.charAt(count) == other.charAt(count)) {
      count++;
    }
    return count;
  }
}

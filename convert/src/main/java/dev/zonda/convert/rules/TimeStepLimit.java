package dev.zonda.convert.rules;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Bounds of the steps of time of a state-space model. GGUF has no key for them: llama.cpp has
/// none, as published models.
public final class TimeStepLimit {
  private static final String FIELD = "time_step_limit";

  /// Keeps them for evaluations where there are any.
  public static final MetadataRule KEPT = TimeStepLimit::keep;

  private TimeStepLimit() {}

  private static void keep(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    JsonFields fields = source.config().fields();
    Optional<JsonNode> said = fields.get(FIELD);
    if (said.isEmpty()) {
      return;
    }
    JsonNode limits = said.get();
    if (!limits.isArray()
        || limits.size() != 2
        || !limits.get(0).isNumber()
        || !limits.get(1).isNumber()) {
      throw fields.problem(FIELD, "is %s, expected two numbers".formatted(limits));
    }
    double low = limits.get(0).doubleValue();
    double high = limits.get(1).doubleValue();
    if (low > high) {
      throw fields.problem(FIELD, "is %s, expected the smaller first".formatted(limits));
    }
    if (source.isCorrected() && (low > 0 || high < Double.POSITIVE_INFINITY)) {
      source.noteUnwritten(FIELD, "%s to %s".formatted(low, high), "no bounds");
      source.unwritten().putFloat32(source.key("ssm.time_step_min"), (float) low);
      source.unwritten().putFloat32(source.key("ssm.time_step_max"), (float) high);
    }
  }
}

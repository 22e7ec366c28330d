package dev.zonda.convert.sources;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// What config.json says about weights that the library compressed-tensors has written: groups of
/// modules, each with its own scheme. The tensors show which modules are quantized.
final class CompressedTensors implements Quantization {
  private static final String WEIGHT = ".weight";

  /// Fields that are read, and those that say nothing of the weights: how numbers were found, what
  /// is done to activations and to the key/value cache.
  private static final Set<String> FIELDS =
      Set.of(
          "quant_method",
          "format",
          "config_groups",
          "sparsity_config",
          "transform_config",
          "global_compression_ratio",
          "ignore",
          "kv_cache_scheme",
          "quantization_status",
          "registry_requires_subclass",
          "run_compressed",
          "dequantize",
          "use_optimized_inference",
          "version");

  private final Path file;
  private final JsonFields fields;
  private final ModuleTargets<CompressedScheme> targets = new ModuleTargets<>();

  private CompressedTensors(Path file, JsonFields fields) {
    this.file = file;
    this.fields = fields;
  }

  /// @param file to be named in messages
  /// @param fields `quantization_config`
  static Quantization of(Path file, JsonFields fields, Notes notes) throws FormatException {
    CompressedTensors found = new CompressedTensors(file, fields);
    QuantizationFields unknown = new QuantizationFields();
    unknown.look(fields, FIELDS);
    found.refuseSparse();
    refuseTransforms(fields);
    found.readGroups(unknown);
    unknown.note(notes);
    return found;
  }

  private void refuseSparse() throws FormatException {
    Optional<JsonFields> sparsity = fields.object("sparsity_config");
    if (sparsity.isPresent()) {
      String format = sparsity.get().text("format").orElse("dense");
      if (!format.equals("dense")) {
        throw sparsity
            .get()
            .problem("format", "is '%s': such weights cannot be converted".formatted(format));
      }
    }
  }

  /// Transforms are applied when the model runs, however its weights are stored.
  static void refuseTransforms(JsonFields fields) throws FormatException {
    Optional<JsonFields> transforms = fields.object("transform_config");
    if (transforms.isPresent() && !transforms.get().isEmpty()) {
      throw fields.problem(
          "transform_config", "transforms activations: such models cannot be converted");
    }
  }

  private void readGroups(QuantizationFields unknown) throws FormatException {
    JsonFields groups =
        fields
            .object("config_groups")
            .orElseThrow(() -> fields.problem("config_groups", "is missing, expected an object"));
    for (Map.Entry<String, JsonNode> group : groups.fields()) {
      JsonFields one = groups.child(group.getKey(), group.getValue());
      Optional<CompressedScheme> scheme = CompressedScheme.of(one, fields, unknown);
      if (scheme.isPresent()) {
        addTargets(one, scheme.get());
      }
    }
  }

  private void addTargets(JsonFields group, CompressedScheme scheme) throws FormatException {
    JsonNode names = group.get("targets").orElse(null);
    if (names == null) {
      targets.add("Linear", scheme);
      return;
    }
    for (JsonNode name : names) {
      if (!name.isString()) {
        throw group.problem("targets", "holds something other than names");
      }
      try {
        targets.add(name.stringValue(), scheme);
      } catch (IllegalArgumentException e) {
        throw group.problem("targets", "cannot be read: " + e.getMessage());
      }
    }
  }

  @Override
  public List<SourceTensor> undone(List<SourceTensor> stored, Notes notes) throws FormatException {
    Set<String> packedModules = PackedTensors.modules(stored);
    List<SourceTensor> packed = new ArrayList<>();
    List<SourceTensor> others = new ArrayList<>();
    for (SourceTensor tensor : stored) {
      boolean isPacked =
          PackedTensors.moduleOf(tensor.name()).filter(packedModules::contains).isPresent();
      (isPacked ? packed : others).add(tensor);
    }
    List<SourceTensor> plain =
        new ArrayList<>(new ScaledTensors(file, this::blocks).undone(others, notes));
    plain.addAll(new PackedTensors(file, this::form).undone(packed, notes));
    return plain;
  }

  private Optional<List<Long>> blocks(String tensor) throws FormatException {
    String module =
        tensor.endsWith(WEIGHT) ? tensor.substring(0, tensor.length() - WEIGHT.length()) : tensor;
    return scheme(module).blocks();
  }

  private PackedTensors.Form form(String module) throws FormatException {
    return scheme(module).form();
  }

  /// Where all modules have the same scheme, their names do not matter.
  private CompressedScheme scheme(String module) throws FormatException {
    Set<CompressedScheme> different = new HashSet<>(targets.all());
    if (different.size() == 1) {
      return different.iterator().next();
    }
    try {
      return targets
          .of(module)
          .orElseThrow(() ->
              fields.problem(
                  "config_groups",
                  "has no targets for '%s', whose weights are quantized".formatted(module)));
    } catch (IllegalArgumentException e) {
      throw fields.problem("config_groups", "cannot be followed: " + e.getMessage());
    }
  }
}

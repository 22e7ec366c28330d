package dev.zonda.convert.sources;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.GroupedColumns;
import dev.zonda.formats.FormatException;
import dev.zonda.quantize.pattern.NamePattern;
import dev.zonda.quantize.pattern.SearchEffort;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// What config.json says about weights that GPTQModel or a tool like it has written.
///
/// `dynamic` has rules for modules: a pattern that the beginning of a module's name must match,
/// after `+:` or nothing, with fields that replace the usual ones; or, after `-:`, a pattern of
/// modules that are not quantized. The first rule that matches counts.
final class Gptq {
  private static final Set<Integer> BITS = Set.of(2, 3, 4, 8);

  /// How the numbers were found, which says nothing of what they are.
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "sym",
          "act_group_aware",
          "damp_percent",
          "damp_auto_increment",
          "fail_safe",
          "failsafe",
          "fallback",
          "hyb_act",
          "mse",
          "static_groups",
          "true_sequential",
          "v2",
          "v2_alpha",
          "v2_memory_device");

  private static final Set<String> OF_A_MODULE = Set.of("bits", "group_size", "desc_act");

  private static final Set<String> OF_ALL =
      Set.of(
          "quant_method",
          "checkpoint_format",
          "format",
          "dynamic",
          "is_marlin_format",
          "pack_dtype",
          "backend",
          "batch_size",
          "block_name_to_quantize",
          "cache_block_outputs",
          "dataset",
          "disable_exllama",
          "exllama_config",
          "lm_head",
          "max_input_length",
          "meta",
          "model_file_base_name",
          "model_name_or_path",
          "model_seqlen",
          "module_name_preceding_first_block",
          "modules_in_block_to_quantize",
          "pad_token_id",
          "quantizer",
          "tokenizer",
          "use_cuda_fp16",
          "use_exllama");

  private static final String NOT = "-:";

  private final JsonFields fields;
  private final int zeroOffset;
  private final List<Rule> rules = new ArrayList<>();
  private final SearchEffort effort = new SearchEffort();

  /// @param key as it stands in the file
  /// @param fields that count instead of the usual ones
  private record Rule(String key, NamePattern modules, JsonFields fields) {}

  private Gptq(JsonFields fields) throws FormatException {
    this.fields = fields;
    this.zeroOffset = zeroOffset(fields);
    if (fields.bool("is_marlin_format").orElse(false)) {
      throw fields.problem("is_marlin_format", "is true: such weights cannot be converted");
    }
    requireWords(fields);
    for (JsonFields dynamic : fields.object("dynamic").stream().toList()) {
      for (Map.Entry<String, JsonNode> rule : dynamic.fields()) {
        rules.add(rule(dynamic, rule.getKey(), rule.getValue()));
      }
    }
  }

  /// @param file to be named in messages
  /// @param fields `quantization_config`
  static Quantization of(Path file, JsonFields fields, Notes notes) throws FormatException {
    Gptq gptq = new Gptq(fields);
    gptq.noteUnknown(notes);
    gptq.form(fields, fields);
    return new GroupedInts(file, GroupedColumns.Direction.INPUTS, gptq::formOf);
  }

  /// The first version stores zeros minus one.
  private static int zeroOffset(JsonFields fields) throws FormatException {
    String name = fields.has("checkpoint_format") ? "checkpoint_format" : "format";
    String version = fields.text(name).orElse("gptq");
    return switch (version.toLowerCase(Locale.ROOT)) {
      case "gptq" -> 1;
      case "gptq_v2" -> 0;
      default -> throw fields.problem(name, "is '%s', expected gptq or gptq_v2".formatted(version));
    };
  }

  static void requireWords(JsonFields fields) throws FormatException {
    String type = fields.text("pack_dtype").orElse("int32");
    if (!type.equals("int32")) {
      throw fields.problem("pack_dtype", "is '%s', expected int32".formatted(type));
    }
  }

  private static Rule rule(JsonFields dynamic, String key, JsonNode value) throws FormatException {
    boolean hasSign = key.startsWith(NOT) || key.startsWith("+:");
    try {
      NamePattern modules = NamePattern.atStart(hasSign ? key.substring(2) : key);
      return new Rule(key, modules, dynamic.child(key, value));
    } catch (IllegalArgumentException e) {
      throw dynamic.problem(key, "is not a rule: " + e.getMessage());
    }
  }

  private void noteUnknown(Notes notes) {
    QuantizationFields unknown = new QuantizationFields();
    unknown.look(fields, union(union(OF_ALL, OF_A_MODULE), WITHOUT_EFFECT));
    for (Rule rule : rules) {
      if (!rule.key().startsWith(NOT)) {
        unknown.look(rule.fields(), union(OF_A_MODULE, WITHOUT_EFFECT));
      }
    }
    unknown.note(notes);
  }

  private static Set<String> union(Set<String> one, Set<String> other) {
    Set<String> both = new HashSet<>(one);
    both.addAll(other);
    return both;
  }

  private GroupedInts.Form formOf(String module) throws FormatException {
    for (Rule rule : rules) {
      if (matches(rule, module)) {
        if (rule.key().startsWith(NOT)) {
          throw fields.problem(
              "dynamic",
              "leaves out '%s' by the rule '%s', but its weights are quantized"
                  .formatted(module, rule.key()));
        }
        return form(rule.fields(), fields);
      }
    }
    return form(fields, fields);
  }

  private boolean matches(Rule rule, String module) throws FormatException {
    try {
      return rule.modules().isFoundIn(module, effort);
    } catch (IllegalArgumentException e) {
      throw fields.problem("dynamic", "cannot be followed: " + e.getMessage());
    }
  }

  /// @param own where a field is looked for first
  private GroupedInts.Form form(JsonFields own, JsonFields usual) throws FormatException {
    int bits = Quantization.bits(own.has("bits") ? own : usual, "bits", BITS);
    JsonFields order = own.has("desc_act") ? own : usual;
    return new GroupedInts.Form(
        new GroupedColumns.Packing(bits, GroupedColumns.Direction.INPUTS, zeroOffset),
        Quantization.groupSize(own.has("group_size") ? own : usual),
        order.bool("desc_act").orElse(false)
            ? GroupedInts.Groups.INDEXED
            : GroupedInts.Groups.IN_ORDER);
  }
}

package dev.zonda.convert.sources;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.GroupedColumns;
import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// What config.json says about weights that AutoAWQ or one of its successors has written.
final class Awq {
  /// The tensors show which modules are quantized, and where there are zeros.
  private static final Set<String> FIELDS =
      Set.of(
          "quant_method",
          "version",
          "format",
          "bits",
          "group_size",
          "backend",
          "zero_point",
          "sym",
          "modules_to_not_convert",
          "do_fuse",
          "exllama_config",
          "fuse_max_seq_len",
          "modules_to_fuse",
          "desc_act",
          "checkpoint_format",
          "meta",
          "lm_head",
          "pack_dtype");

  private Awq() {}

  /// @param file to be named in messages
  /// @param fields `quantization_config`
  static Quantization of(Path file, JsonFields fields, Notes notes) throws FormatException {
    QuantizationFields unknown = new QuantizationFields();
    unknown.look(fields, FIELDS);
    unknown.note(notes);
    for (String name : List.of("version", "format", "checkpoint_format")) {
      Optional<String> layout = fields.text(name);
      if (!layout.orElse("gemm").toLowerCase(Locale.ROOT).equals("gemm")) {
        throw fields.problem(name, "is '%s', expected gemm".formatted(layout.get()));
      }
    }
    if (fields.text("backend").orElse("").equals("llm-awq")) {
      throw fields.problem("backend", "is 'llm-awq': such weights cannot be converted");
    }
    Gptq.requireWords(fields);
    int bits = Quantization.bits(fields, "bits", Set.of(4));
    GroupedInts.Form form =
        new GroupedInts.Form(
            new GroupedColumns.Packing(bits, GroupedColumns.Direction.OUTPUTS, 0),
            Quantization.groupSize(fields),
            GroupedInts.Groups.IN_ORDER);
    return new GroupedInts(file, GroupedColumns.Direction.OUTPUTS, module -> form);
  }
}

package dev.zonda.convert;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.sources.SourceTensors;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Refuses weights in forms of other tools that are not read, by what they are called.
final class ForeignWeights {
  /// @param names of tensors by which it is known
  /// @param what it is, and what to do
  private record Form(Pattern names, String what) {
    Form(String names, String what) {
      this(Pattern.compile(names), what);
    }
  }

  private static final String ORIGINAL = ": convert the model that it was made of";

  private static final List<Form> FORMS =
      List.of(
          new Form(".*\\.lora_[AB]\\..*", "a LoRA adapter's: merge it with its base model first"),
          new Form(".*\\.(switch_mlp\\..*|biases)", "MLX's" + ORIGINAL),
          new Form(".*\\.(q_groups|q_perm|q_invperm|q_weight)", "EXL2's" + ORIGINAL),
          new Form(".*\\.(trellis|suh|svh)", "EXL3's" + ORIGINAL),
          new Form(
              ".*\\.(absmax|quant_map|nested_absmax|quant_state\\..*|SCB)",
              "bitsandbytes': load the model with transformers, call dequantize() and save it"));

  /// Packed weights that are read where config.json describes them.
  private static final Pattern PACKED = Pattern.compile(".*\\.(qweight|weight_packed)");

  /// Where older tools describe them.
  private static final List<String> SEPARATE =
      List.of("quantize_config.json", "quant_config.json", "hf_quant_config.json");

  private ForeignWeights() {}

  /// @throws FormatException if a tensor is of such a form
  static void refuse(CheckpointFolder folder, JsonFields config) throws IOException {
    List<TensorInfo> tensors = folder.weights().tensors();
    for (Form form : FORMS) {
      Optional<String> name = named(tensors, form.names());
      if (name.isPresent()) {
        throw FormatException.in(
            folder.weights().path(), "tensor '%s' is %s".formatted(name.get(), form.what()));
      }
    }
    Optional<String> packed = named(tensors, PACKED);
    if (packed.isPresent() && !SourceTensors.describesQuantization(config)) {
      throw undescribed(folder, config, packed.get());
    }
  }

  private static Optional<String> named(List<TensorInfo> tensors, Pattern names) {
    return tensors.stream()
        .map(TensorInfo::name)
        .filter(name -> names.matcher(name).matches())
        .findFirst();
  }

  private static FormatException undescribed(
      CheckpointFolder folder, JsonFields config, String tensor) throws IOException {
    for (String file : SEPARATE) {
      if (folder.has(file)) {
        return FormatException.in(
            folder.path().resolve(file),
            "describes the quantized weights ('%s'), as older tools have it; it is not read: put its fields"
                    .formatted(tensor)
                + " into %s as quantization_config, with quant_method (\"gptq\" for AutoGPTQ, \"awq\" for AutoAWQ)"
                    .formatted(config.file().getFileName()));
      }
    }
    return config.problem(
        "quantization_config",
        "is missing, but tensor '%s' is quantized: add what the tool that made it wrote"
            .formatted(tensor));
  }
}

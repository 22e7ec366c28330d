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

/// Refuses weights that other tools stored in forms that are not read, which it tells by their
/// names.
final class ForeignWeights {
  /// @param names of tensors by which the form is recognized
  /// @param what the tensor is, and what to do about it
  private record Form(Pattern names, String what) {
    Form(String names, String what) {
      this(Pattern.compile(names), what);
    }
  }

  private static final String ORIGINAL =
      " format, which is not read: convert the model that it was made from";

  private static final List<Form> FORMS =
      List.of(
          new Form(
              ".*\\.lora_[AB]\\..*", "part of a LoRA adapter: merge it with its base model first"),
          new Form(".*\\.(switch_mlp\\..*|biases)", "in MLX's" + ORIGINAL),
          // Not by q_weight, which stands beside them: PLaMo 2 calls weights of norms so.
          new Form(".*\\.(q_groups|q_perm|q_invperm)", "in EXL2's" + ORIGINAL),
          new Form(".*\\.(trellis|suh|svh)", "in EXL3's" + ORIGINAL),
          new Form(
              ".*\\.(absmax|quant_map|nested_absmax|quant_state\\..*|SCB)",
              "in bitsandbytes' format: load it with transformers, call dequantize() and save it"));

  /// Packed weights that are read where config.json describes them.
  private static final Pattern PACKED = Pattern.compile(".*\\.(qweight|weight_packed)");

  /// The files in which older tools describe them.
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
            ("describes the quantized weights ('%s'), as older tools do; it is not read: "
                        + "copy its fields")
                    .formatted(tensor)
                + (" into %s as quantization_config, with quant_method (\"gptq\" for "
                        + "AutoGPTQ, \"awq\" for AutoAWQ)")
                    .formatted(config.file().getFileName()));
      }
    }
    return config.problem(
        "quantization_config",
        "is missing, but tensor '%s' is quantized: add the object that the quantizer wrote"
            .formatted(tensor));
  }
}

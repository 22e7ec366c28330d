package dev.zonda.convert.sources;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.PackedTernary;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Matrices of minus one, zero and one, four in a byte, as BitNet's code packs them.
///
/// @param file to be named in messages
/// @param use of scales: what is packed for one class of layers has factors, what is packed for the
///   other divisors
record BitNet(Path file, PackedTernary.Use use) implements Quantization {
  private static final Set<String> FIELDS =
      Set.of(
          "quant_method",
          "linear_class",
          "quantization_mode",
          "modules_to_not_convert",
          "use_rms_norm",
          "rms_norm_eps");

  private static final String SCALE = "_scale";

  /// @param file to be named in messages
  /// @param fields `quantization_config`
  static BitNet of(Path file, JsonFields fields, Notes notes) throws FormatException {
    QuantizationFields unknown = new QuantizationFields();
    unknown.look(fields, FIELDS);
    unknown.note(notes);
    if (fields.bool("use_rms_norm").orElse(false)) {
      throw fields.problem(
          "use_rms_norm", "is true: norms within matrices' layers cannot be converted");
    }
    String layer = fields.text("linear_class").orElse("bitlinear");
    PackedTernary.Use use =
        switch (layer) {
          case "bitlinear" -> PackedTernary.Use.DIVISOR;
          case "autobitlinear" -> PackedTernary.Use.FACTOR;
          default ->
              throw fields.problem(
                  "linear_class", "is '%s', expected bitlinear or autobitlinear".formatted(layer));
        };
    return new BitNet(file, use);
  }

  @Override
  public List<SourceTensor> undone(List<SourceTensor> stored, Notes notes) throws FormatException {
    TensorParts parts = TensorParts.of(file, stored);
    List<SourceTensor> plain = new ArrayList<>();
    for (SourceTensor tensor : stored) {
      if (tensor.values().type() == TensorType.U8) {
        plain.add(new SourceTensor(tensor.name(), unpacked(tensor, parts), tensor.file()));
      } else if (!isScale(tensor, parts)) {
        plain.add(tensor);
      }
    }
    return plain;
  }

  private Expression unpacked(SourceTensor tensor, TensorParts parts) throws FormatException {
    Expression scale = parts.required(tensor.name(), tensor.name() + SCALE).values();
    boolean fits = tensor.values().shape().rank() == 2 && scale.shape().elements() == 1;
    if (!fits || !scale.type().isPlainFloat()) {
      throw FormatException.in(
          file,
          "tensor '%s' has shape %s and '%s%s' shape %s, expected a matrix and one number"
              .formatted(
                  tensor.name(), tensor.values().shape(), tensor.name(), SCALE, scale.shape()));
    }
    return new PackedTernary(tensor.values(), scale, use);
  }

  /// A scale without packed numbers is one of nothing.
  private boolean isScale(SourceTensor tensor, TensorParts parts) throws FormatException {
    if (!tensor.name().endsWith(".weight" + SCALE)) {
      return false;
    }
    String name = tensor.name().substring(0, tensor.name().length() - SCALE.length());
    Optional<SourceTensor> weights = parts.find(name);
    if (weights.isEmpty() || weights.get().values().type() != TensorType.U8) {
      throw FormatException.in(
          file,
          "tensor '%s' is the scale of '%s', which is not packed".formatted(tensor.name(), name));
    }
    return true;
  }
}

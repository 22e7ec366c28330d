package dev.zonda.cli;

import dev.zonda.quantize.TypeOverrides;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads a rule such as `attn_v=q8_0`.
final class TypeRuleConverter implements ITypeConverter<TypeOverrides.Rule> {
  @Override
  public TypeOverrides.Rule convert(String value) {
    try {
      return TypeOverrides.Rule.parse(value);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }
}

package dev.zonda.cli.options;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.convert.OutputType;
import dev.zonda.quantize.FileType;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ConversionTypeTest {
  /// Types without blocks are the converter's part, all others that of the quantizer.
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "COPY")
  void plainTypesAreMadeByTheConverter(FileType type) {
    ConversionType parsed = ConversionType.parse(type.name());
    boolean isPlain = !type.defaultType().isQuantized();
    assertEquals(isPlain ? Optional.empty() : Optional.of(type), parsed.quantized());
    assertEquals(isPlain ? type.name() : OutputType.AUTO.name(), parsed.matrices().name());
  }
}

package dev.zonda.formats.gguf;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.util.List;
import org.junit.jupiter.api.Test;

class GgufLayoutTest {
  @Test
  void alignmentThatReadersRefuseIsNotPlanned() {
    Metadata odd = Metadata.builder().putUint32(GgufLayout.ALIGNMENT_KEY, 33).build();
    assertThrows(IllegalArgumentException.class, () -> GgufLayout.plan(odd, List.of()));
    Metadata wide =
        Metadata.builder().put(GgufLayout.ALIGNMENT_KEY, new MetadataValue.Uint64(32)).build();
    assertThrows(IllegalArgumentException.class, () -> GgufLayout.plan(wide, List.of()));
  }
}

package dev.zonda.convert.families;

import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.List;

/// Nanbeige 4.2: Llama's network, whose layers a text may pass several times.
final class Nanbeige {
  static final Family FAMILY =
      Family.builder("Nanbeige", "nanbeige")
          .like(Llama.FAMILY)
          .models("Nanbeige 4.2 3B")
          .moreMetadata(Nanbeige::loops)
          .build();

  private Nanbeige() {}

  private static void loops(MetadataRule.Source source, Metadata.Builder metadata)
      throws FormatException {
    long count = source.config().optionalCount(List.of("num_loops")).orElse(1);
    metadata.putUint32(source.key("num_loops"), Math.max(1, count));
    metadata.putBool(
        source.key("skip_loop_final_norm"), source.config().is("skip_loop_final_norm"));
  }
}

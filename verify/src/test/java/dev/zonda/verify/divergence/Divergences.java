package dev.zonda.verify.divergence;

import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import java.io.IOException;
import java.util.List;

/// Comparisons without gates.
final class Divergences {
  private Divergences() {}

  /// Evaluates the reference once and all candidates beside it, on the whole text.
  static List<Divergence> measure(
      GgufModel reference,
      List<GgufModel> candidates,
      Chunks chunks,
      Engine engine,
      ProgressListener progress)
      throws IOException {
    return Comparison.of(
            new ReferenceSide.Model(reference), candidates, chunks, ComparisonOptions.NONE)
        .run(engine, progress)
        .divergences();
  }
}

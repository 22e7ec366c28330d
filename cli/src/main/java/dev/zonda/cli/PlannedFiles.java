package dev.zonda.cli;

import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.formats.gguf.GgufWriter;
import dev.zonda.formats.gguf.SplitWriter;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.quantize.QuantizationPlan;
import dev.zonda.quantize.TensorPipeline;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// A plan and the name of its file, or of its files if the model stays split.
///
/// @param target the file; of several the name without the numbers
record PlannedFiles(QuantizationPlan plan, Path target) {
  List<Path> paths() {
    return plan.isSplit() ? plan.files().files(prefix()) : List.of(target);
  }

  Path first() {
    return paths().getFirst();
  }

  /// Computes and writes all of it, which appears whole or not at all.
  ///
  /// @param model that the plan is for
  void write(
      GgufModel model, TensorPipeline pipeline, OverwritePolicy policy, ProgressListener progress)
      throws IOException, InterruptedException {
    if (plan.isSplit()) {
      try (SplitWriter writer = SplitWriter.create(prefix(), plan.files(), policy)) {
        pipeline.run(model, plan.tasks(), writer::write, progress);
        writer.commit();
      }
    } else {
      try (GgufWriter writer = GgufWriter.create(target, plan.layout(), policy)) {
        pipeline.run(model, plan.tasks(), writer::write, progress);
        writer.commit();
      }
    }
  }

  private Path prefix() {
    return OutputName.prefix(target);
  }
}

package dev.zonda.verify;

import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.formats.output.TensorFile;
import dev.zonda.quantize.FileType;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.quantize.QuantizationPlan;
import dev.zonda.quantize.Recipe;
import dev.zonda.quantize.Resources;
import dev.zonda.quantize.TensorPipeline;
import dev.zonda.quantize.TensorTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// Writes models to files, as the commands do.
public final class QuantizedCopies {
  private QuantizedCopies() {}

  public static void copy(GgufModel source, Path target) throws IOException {
    List<TensorSpec> specs = source.tensors().stream().map(TensorInfo::spec).toList();
    GgufLayout layout = GgufLayout.plan(source.metadata(), specs);
    List<TensorTask> tasks =
        source.tensors().stream()
            .map(tensor ->
                TensorTask.of(
                    tensor,
                    layout.tensors().stream()
                        .filter(other -> other.name().equals(tensor.name()))
                        .findFirst()
                        .orElseThrow()))
            .toList();
    write(source, layout, tasks, target);
  }

  public static void quantize(GgufModel source, FileType type, Path target) throws IOException {
    quantize(source, Recipe.of(type), target);
  }

  public static void quantize(GgufModel source, Recipe recipe, Path target) throws IOException {
    QuantizationPlan plan = QuantizationPlan.of(source, recipe);
    write(source, plan.layout(), plan.tasks(), target);
  }

  private static void write(
      GgufModel source, GgufLayout layout, List<TensorTask> tasks, Path target) throws IOException {
    try (TensorFile writer = TensorFile.create(target, layout, OverwritePolicy.FAIL)) {
      new TensorPipeline(Resources.ofThreads(2))
          .run(source, tasks, writer::write, ProgressListener.NONE);
      writer.commit();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}

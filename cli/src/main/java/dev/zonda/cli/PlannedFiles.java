package dev.zonda.cli;

import dev.zonda.cli.render.Console;
import dev.zonda.formats.OutputPolicy;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.formats.journal.RunIdentity;
import dev.zonda.quantize.QuantizationPlan;
import dev.zonda.quantize.TaskFingerprint;
import dev.zonda.quantize.TensorPipeline;
import dev.zonda.quantize.kernel.Vectors;
import dev.zonda.quantize.recipe.RecipeFlag;
import dev.zonda.quantize.recipe.RecipeSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// A plan and the name of its file, or of its files if the model stays split.
///
/// @param target the file, or the name without the numbers if there are several
record PlannedFiles(QuantizationPlan plan, Path target) {
  List<Path> paths() {
    return plan.isSplit() ? plan.files().files(OutputName.prefix(target)) : List.of(target);
  }

  Path first() {
    return paths().getFirst();
  }

  private Map<String, TensorType> sourceTypes() {
    return plan.tasks().stream()
        .collect(Collectors.toMap(task -> task.target().name(), task -> task.source().type()));
  }

  /// Computes and writes all files, which appear whole or not at all.
  ///
  /// @param model that the plan is for
  /// @param settings that the plan was made with
  void write(
      GgufModel model,
      RecipeSettings settings,
      TensorPipeline pipeline,
      OutputPolicy policy,
      Console console)
      throws IOException, InterruptedException {
    Vectors vectors = Vectors.chosen();
    console.detail("computing with " + vectors.description() + ": " + vectors.reason());
    RunIdentity identity =
        ModelOutput.identity(model.files())
            .with("type", settings.type().orElse("auto"))
            .with("--nonfinite", settings.nonfinite().map(Enum::name).orElse("FAIL"))
            .with("--as-reference", Boolean.toString(settings.has(RecipeFlag.AS_REFERENCE)))
            .with("--mtp", settings.flags().get(RecipeFlag.MTP).map(Object::toString).orElse(""))
            .with("types and weights", TaskFingerprint.of(plan.tasks()));
    new ModelOutput(paths(), plan.files().fileSet(), sourceTypes())
        .write(
            policy,
            identity,
            console,
            (sink, progress) -> pipeline.run(model, plan.tasks(), sink, progress));
  }
}

package dev.zonda.cli;

import dev.zonda.cli.render.Console;
import dev.zonda.convert.Blueprint;
import dev.zonda.convert.Conversion;
import dev.zonda.convert.ConversionOptions;
import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.tokenizers.VocabularySource;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.SplitPlan;
import dev.zonda.quantize.NonfiniteValues;
import dev.zonda.quantize.QuantizationPlan;
import dev.zonda.quantize.Resources;
import dev.zonda.quantize.TensorPipeline;
import dev.zonda.quantize.TensorTask;
import dev.zonda.quantize.recipe.RecipeSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `zonda convert`: a downloaded checkpoint folder becomes a GGUF file, quantized on the way if
/// wanted.
@Command(
    name = "convert",
    description = {
      "Turn a downloaded model into a GGUF file.",
      "",
      "The folder is one from Hugging Face: config.json, safetensors, a tokenizer. Each type gives"
          + " the file that llama.cpp's converter and llama-quantize would make of it."
    },
    footer = {
      "",
      "Examples:",
      "  zonda convert Mistral-7B-v0.1/ -t Q4_K_M",
      "  zonda convert Mistral-7B-v0.1/ -o mistral.gguf --dry-run"
    })
final class ConvertCommand extends ZondaCommand {
  @Parameters(
      paramLabel = "MODEL_DIR",
      description = "The folder of the model, or a tar or zip archive of it.")
  private Path folder;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "OUT.gguf",
      order = 1,
      description =
          "File to write (default: the folder's name and the type, in the current folder).")
  private Optional<Path> output = Optional.empty();

  @Option(
      names = {"-t", "--type"},
      paramLabel = "TYPE",
      order = 2,
      converter = ConversionTypeConverter.class,
      description =
          "What to make of it: auto keeps the model's 16-bit type (the default), F32, F16, BF16,"
              + " or a quantized type such as Q4_K_M.")
  private Optional<ConversionType> givenType = Optional.empty();

  @Option(
      names = "--as-reference",
      negatable = true,
      order = 10,
      description =
          "Write llama.cpp's very bytes, even where its converter drops what the model says.")
  private Boolean asReference;

  @Option(
      names = "--pre-tokenizer",
      paramLabel = "NAME",
      order = 11,
      description =
          "How a byte-level vocabulary cuts text into words, by GGUF's name, if tokenizer.json"
              + " does it in a way that is not known.")
  private Optional<String> preTokenizer = Optional.empty();

  @Mixin private NamingOptions naming;

  @Mixin private RecipeOptions options;

  @Mixin private SplitOptions split;

  @Option(
      names = "--dry-run",
      order = 200,
      description = "Show what would be written, and write nothing.")
  private boolean dryRun;

  @Mixin private OutputFileOptions outputFiles;

  @Mixin private ThreadsOption threads;

  @Mixin private MemoryOption memory;

  @Override
  protected ExitCode run(Console console) throws IOException, InterruptedException {
    RecipeSettings settings =
        options.settings(
            givenType.map(ConversionType::toString),
            Optional.ofNullable(asReference),
            preTokenizer);
    ConversionType type = settings.type().map(ConversionType::parse).orElse(ConversionType.AUTO);
    options.requireSavable(outputFiles.overwriting());
    requirePreTokenizer(settings);
    Fidelity fidelity =
        settings.asReference().orElse(false) ? Fidelity.AS_REFERENCE : Fidelity.CORRECTED;
    try (Blueprint model =
        Conversion.open(
            folder,
            new ConversionOptions(
                type.matrices(), fidelity, settings.preTokenizer(), naming.overrides()))) {
      Path target =
          output.orElseGet(
              () -> OutputName.converted(model.folderName(), type.name(model.outputType())));
      QuantizationPlan plan = split.applied(plan(model, type, settings));
      PlannedFiles files = new PlannedFiles(plan, target);
      requireOutside(folder, files.paths());
      List<Path> inputs = options.inputs(model.files(), settings);
      naming.file().ifPresent(inputs::add);
      requireOtherFiles(inputs, files.paths());
      options.requireOtherFiles(inputs, files.paths());
      model.notes().forEach(console::note);
      Resources resources = memory.resources(threads.threads(), plan.tasks());
      QuantizationReport.warn(plan, console);
      if (dryRun) {
        report(QuantizationReport.planned(files.first(), plan, resources), plan, console);
        return ExitCode.OK;
      }
      long start = System.nanoTime();
      TensorPipeline pipeline =
          new TensorPipeline(resources).with(settings.nonfinite().orElse(NonfiniteValues.FAIL));
      files.write(model, settings, pipeline, outputFiles.policy(), console);
      Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
      report(QuantizationReport.done(files.first(), plan, resources, elapsed), plan, console);
    }
    options.save(settings, outputFiles.overwriting());
    return ExitCode.OK;
  }

  private void requirePreTokenizer(RecipeSettings settings) {
    Optional<String> name = settings.preTokenizer();
    if (name.isPresent() && !VocabularySource.isPreTokenizer(name.get())) {
      throw usageError(
          "--pre-tokenizer is '%s', expected one of %s"
              .formatted(name.get(), String.join(", ", VocabularySource.preTokenizers())));
    }
  }

  /// The two tools of the reference order tensors and keys differently: where there is nothing for
  /// the second to do, the first one's order stays.
  private static QuantizationPlan plan(
      Blueprint model, ConversionType type, RecipeSettings settings) throws IOException {
    if (type.quantized().isPresent() || !settings.changesNothing()) {
      return QuantizationPlan.of(model, settings.recipe(type.fileType(model.outputType())));
    }
    SplitPlan files = settings.keepSplit().orElse(false) ? model.splitAsFound() : model.whole();
    List<TensorInfo> targets = files.tensors();
    List<TensorTask> tasks = new ArrayList<>(targets.size());
    for (int i = 0; i < targets.size(); i++) {
      tasks.add(TensorTask.of(model.tensors().get(i), targets.get(i)));
    }
    return QuantizationPlan.of(files, tasks);
  }

  private void report(QuantizationReport report, QuantizationPlan plan, Console console) {
    if (json()) {
      console.json(report);
    } else {
      report.print(plan, console);
    }
  }
}

package dev.zonda.cli;

import dev.zonda.cli.options.ConversionType;
import dev.zonda.cli.options.FolderOptions;
import dev.zonda.cli.options.LinksOption;
import dev.zonda.cli.options.MemoryOption;
import dev.zonda.cli.options.OutputFileOptions;
import dev.zonda.cli.options.OutputPath;
import dev.zonda.cli.options.RecipeOptions;
import dev.zonda.cli.options.SplitOptions;
import dev.zonda.cli.options.ThreadsOption;
import dev.zonda.cli.render.Console;
import dev.zonda.cli.reports.QuantizationReport;
import dev.zonda.convert.Blueprint;
import dev.zonda.convert.Conversion;
import dev.zonda.convert.Models;
import dev.zonda.convert.tokenizers.VocabularySource;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.checkpoint.Checkpoints;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.formats.gguf.SplitPlan;
import dev.zonda.quantize.FileType;
import dev.zonda.quantize.NonfiniteValues;
import dev.zonda.quantize.QuantizationPlan;
import dev.zonda.quantize.Resources;
import dev.zonda.quantize.TensorPipeline;
import dev.zonda.quantize.TensorTask;
import dev.zonda.quantize.recipe.RecipeFlag;
import dev.zonda.quantize.recipe.RecipeSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// What `convert` and `quantize` share: they are one operation on two kinds of input, a checkpoint
/// folder and a GGUF file, and each accepts the other's kind of input, too.
abstract class QuantizingCommand extends ZondaCommand {
  @Option(
      names = {"-o", "--output"},
      paramLabel = "OUT.gguf",
      order = 1,
      description =
          "File to write, or a folder for it (default: the model's name and the type, in the"
              + " current folder).")
  private Optional<OutputPath> output = Optional.empty();

  @Mixin private RecipeOptions options;

  @Mixin private SplitOptions split;

  @Mixin private LinksOption links;

  @Option(
      names = "--dry-run",
      order = 200,
      description = "Show what would be written, and write nothing.")
  private boolean dryRun;

  @Mixin private OutputFileOptions outputFiles;

  @Mixin private ThreadsOption threads;

  @Mixin private MemoryOption memory;

  /// The model: a GGUF file, a folder, or an archive of one.
  protected abstract Path input();

  /// The type that the command's own option gives.
  protected abstract Optional<ConversionType> givenType();

  /// The options that apply to folders only.
  protected abstract FolderOptions folderOptions();

  @Override
  protected final ExitCode run(Console console) throws IOException, InterruptedException {
    requireOneFromStandardInput(
        Stream.concat(options.texts().stream(), folderOptions().files().stream()).toList());
    RecipeSettings settings =
        options.settings(givenType().map(ConversionType::toString), folderOptions());
    if (split.isGiven() && settings.has(RecipeFlag.KEEP_SPLIT)) {
      throw usageError(
          "--keep-split cannot be combined with --split-max-tensors or --split-max-size: leave one"
              + " out");
    }
    options.requireSavable(outputFiles.overwriting());
    Models.requireModel(input());
    return Checkpoints.isGguf(input()) ? quantize(settings, console) : convert(settings, console);
  }

  private ExitCode quantize(RecipeSettings settings, Console console)
      throws IOException, InterruptedException {
    Optional<String> forFolders = folderOptions().given();
    if (forFolders.isPresent()) {
      throw usageError(
          "%s applies to checkpoint folders only, and %s is a GGUF file: leave it out"
              .formatted(forFolders.get(), input()));
    }
    links.requireFolder(List.of(input()));
    FileType type = fileType(settings);
    if (settings.flags().get(RecipeFlag.AS_REFERENCE).isPresent()
        || settings.flags().get(RecipeFlag.MTP).isPresent()
        || settings.preTokenizer().isPresent()) {
      console.note(
          "as_reference, mtp and pre_tokenizer of the recipe apply to checkpoint folders only: they"
              + " have no effect here");
    }
    try (GgufFile model = GgufFile.open(input())) {
      QuantizationPlan plan = QuantizationPlan.of(model, settings.recipe(type));
      return execute(
          new Job(model, plan, OutputName.quantized(input(), type), List.of()), settings, console);
    }
  }

  private FileType fileType(RecipeSettings settings) {
    String name =
        settings
            .type()
            .orElseThrow(() ->
                usageError(
                    ("%s is already a GGUF file: name the type to quantize to with -t, for example"
                                + " -t Q4_K_M,")
                            .formatted(input())
                        + " or a recipe with --recipe"));
    return ConversionType.parse(name)
        .fileType()
        .orElseThrow(() ->
            usageError(
                "%s is already a GGUF file, and type auto is for checkpoint folders: name the type"
                        .formatted(input())
                    + " to quantize to with -t"));
  }

  private ExitCode convert(RecipeSettings settings, Console console)
      throws IOException, InterruptedException {
    ConversionType type = settings.type().map(ConversionType::parse).orElse(ConversionType.AUTO);
    if (type.equals(ConversionType.AUTO) && settings.needsQuantizedType().isPresent()) {
      throw usageError(
          "%s has no effect without a type to quantize to: give one, for example -t Q4_K_M"
              .formatted(settings.needsQuantizedType().get()));
    }
    Optional<String> name = settings.preTokenizer();
    if (name.isPresent() && !VocabularySource.isPreTokenizer(name.get())) {
      throw usageError(
          "--pre-tokenizer is '%s', expected one of %s"
              .formatted(name.get(), String.join(", ", VocabularySource.preTokenizers())));
    }
    try (Blueprint model = blueprint(type, settings, console)) {
      model.notes().forEach(console::note);
      model.requireWritable();
      String usualName =
          (settings.has(RecipeFlag.MTP) ? OutputName.DRAFTING : "")
              + OutputName.converted(model.folderName(), type.name(model.outputType()));
      return execute(
          new Job(model, plan(model, type, settings), usualName, folderOptions().files()),
          settings,
          console);
    }
  }

  /// `--dry-run` names all tensors of a folder that no family knows.
  private Blueprint blueprint(ConversionType type, RecipeSettings settings, Console console)
      throws IOException {
    try {
      return Conversion.open(
          input(), folderOptions().options(type.matrices(), settings, links.links()));
    } catch (FormatException e) {
      if (dryRun) {
        e.details().forEach(console::note);
      }
      throw e;
    }
  }

  /// llama.cpp's converter and llama-quantize order tensors and keys differently: where there is
  /// nothing to quantize, the converter's order stays.
  private static QuantizationPlan plan(
      Blueprint model, ConversionType type, RecipeSettings settings) throws IOException {
    if (type.quantized().isPresent() || !settings.changesNothing()) {
      return QuantizationPlan.of(model, settings.recipe(type.fileType(model.outputType())));
    }
    SplitPlan files = settings.has(RecipeFlag.KEEP_SPLIT) ? model.splitAsFound() : model.whole();
    List<TensorInfo> targets = files.fileSet().tensors();
    List<TensorTask> tasks = new ArrayList<>(targets.size());
    for (int i = 0; i < targets.size(); i++) {
      tasks.add(TensorTask.of(model.tensors().get(i), targets.get(i)));
    }
    return QuantizationPlan.of(files, tasks);
  }

  /// The work of a command.
  ///
  /// @param whole the plan for one file
  /// @param usualName of the output
  /// @param inputs files that are read besides the model's own and those of the recipe
  private record Job(
      GgufModel model, QuantizationPlan whole, String usualName, List<Path> inputs) {}

  private PlannedFiles files(QuantizationPlan plan, String usualName) {
    return new PlannedFiles(
        plan, output.map(path -> path.file(usualName)).orElseGet(() -> Path.of(usualName)));
  }

  private ExitCode execute(Job job, RecipeSettings settings, Console console)
      throws IOException, InterruptedException {
    QuantizationPlan plan = split.applied(job.whole());
    PlannedFiles files = files(plan, job.usualName());
    List<Path> inputs = options.inputs(job.model().files(), settings);
    inputs.addAll(job.inputs());
    requireOutside(input(), files.paths());
    requireOtherFiles(inputs, files.paths());
    options.requireOtherFiles(inputs, files.paths());
    Resources resources = memory.resources(threads.threads(), plan.tasks());
    QuantizationReport.warn(plan, console);
    if (dryRun) {
      report(QuantizationReport.planned(files.first(), plan, resources), plan, console);
      return ExitCode.OK;
    }
    if (output.isPresent()) {
      output.get().makeFolder();
    }
    long start = System.nanoTime();
    TensorPipeline pipeline =
        new TensorPipeline(resources).with(settings.nonfinite().orElse(NonfiniteValues.FAIL));
    files.write(job.model(), settings, pipeline, outputFiles.policy(), console);
    Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
    report(QuantizationReport.done(files.first(), plan, resources, elapsed), plan, console);
    options.save(settings, outputFiles.overwriting());
    return ExitCode.OK;
  }

  private void report(QuantizationReport report, QuantizationPlan plan, Console console) {
    if (json()) {
      console.json(report);
    } else {
      report.print(plan, console);
    }
  }
}

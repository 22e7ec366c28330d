package dev.zonda.formats.checkpoint;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.Folder;
import dev.zonda.formats.io.InputFile;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Finds out which files of a checkpoint folder are its weights.
///
/// @param weights opened
/// @param names whose names the tensors have
/// @param files that were opened, or the index that names them
/// @param contradiction a note on what is taken, if transformers and llama.cpp take different files
record FolderWeights(
    Checkpoint weights, WeightNames names, List<String> files, Optional<String> contradiction) {
  private static final String CONFIG = "config.json";
  private static final String PARAMS = "params.json";
  private static final String CONSOLIDATED = "consolidated.";
  private static final Pattern ALL_CONSOLIDATED = Pattern.compile("consolidated[.-].+");
  private static final Pattern SHARD =
      Pattern.compile("consolidated-\\d{5}-of-\\d{5}\\.safetensors");
  private static final Pattern PART = Pattern.compile("consolidated\\.\\d{2}\\.(pth|pt)");

  /// Opens the weights of a folder. If it has both layouts, they hold the same model: Hugging
  /// Face's counts, and the files of the other are not read.
  ///
  /// @param named by config.json's `transformers_weights`
  static FolderWeights open(Folder folder, WeightChoice choice, Optional<String> named)
      throws IOException {
    List<String> all = folder.list("");
    boolean isBoth = all.contains(PARAMS) && consolidated(all).isPresent();
    List<String> names =
        isBoth
            ? all.stream().filter(name -> !ALL_CONSOLIDATED.matcher(name).matches()).toList()
            : all;
    Optional<WeightFiles> usual = WeightFiles.asTransformers(names, named);
    if (isBoth && (usual.isEmpty() || !all.contains(CONFIG))) {
      return consolidated(folder, consolidated(all).orElseThrow());
    }
    if (usual.isEmpty()) {
      throw NoWeights.in(
          folder,
          "holds no weights, expected %s, %s, an index of either (…%s), or %s with %s*"
              .formatted(
                  WeightFiles.SINGLE, WeightFiles.TORCH, WeightFiles.INDEX, PARAMS, CONSOLIDATED));
    }
    WeightFiles reference = WeightFiles.asReference(names).orElseThrow();
    WeightFiles taken = choice == WeightChoice.REFERENCE ? reference : usual.get();
    if (choice == WeightChoice.REFERENCE && taken.areOfDevices()) {
      throw FormatException.in(
          folder.path(),
          "holds tensors in parts for several devices, of which llama.cpp's converter keeps one:"
              + " leave out --as-reference");
    }
    return new FolderWeights(
        open(folder, taken),
        WeightNames.HUGGING_FACE,
        taken.names(),
        usual.get().equals(reference)
            ? Optional.empty()
            : Optional.of(contradiction(choice, usual.get(), reference)));
  }

  private static String contradiction(
      WeightChoice choice, WeightFiles usual, WeightFiles reference) {
    return switch (choice) {
      case TRANSFORMERS ->
          "the folder holds several sets of weights: zonda takes %s, as transformers does; llama.cpp takes %s (--as-reference)"
              .formatted(usual.words(), reference.words());
      case REFERENCE ->
          "the folder holds several sets of weights: zonda takes %s, as llama.cpp does; transformers takes %s"
              .formatted(reference.words(), usual.words());
    };
  }

  private static Checkpoint open(Folder folder, WeightFiles files) throws IOException {
    if (files.areOfDevices()) {
      return PartedCheckpoint.openRanked(folder, files.names());
    }
    if (files.names().size() > 1 || files.firstMissing().isPresent()) {
      return ShardedCheckpoint.openAll(folder, files);
    }
    InputFile file = file(folder, files.names().getFirst());
    return files.isIndex() ? ShardedCheckpoint.open(folder, file) : WeightFile.open(file);
  }

  /// One file, or an index, or several files that belong together.
  private static Optional<WeightFiles> consolidated(List<String> names) {
    return Stream.of("consolidated.safetensors", "consolidated.safetensors" + WeightFiles.INDEX)
        .filter(names::contains)
        .findFirst()
        .map(WeightFiles::of)
        .or(() -> matching(names, SHARD))
        .or(() -> matching(names, PART));
  }

  private static Optional<WeightFiles> matching(List<String> names, Pattern form) {
    List<String> found = names.stream().filter(name -> form.matcher(name).matches()).toList();
    return found.isEmpty() ? Optional.empty() : Optional.of(new WeightFiles(found));
  }

  private static FolderWeights consolidated(Folder folder, WeightFiles files) throws IOException {
    boolean isParted = files.names().size() > 1 && PART.matcher(files.names().getFirst()).matches();
    return new FolderWeights(
        isParted ? PartedCheckpoint.open(folder, files.names()) : open(folder, files),
        WeightNames.CONSOLIDATED,
        files.names(),
        Optional.empty());
  }

  private static InputFile file(Folder folder, String name) throws IOException {
    return folder
        .open(name)
        .orElseThrow(() -> FormatException.in(folder.path(), "'" + name + "' is missing"));
  }
}

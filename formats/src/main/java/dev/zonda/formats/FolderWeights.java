package dev.zonda.formats;

import dev.zonda.formats.io.ContainedFolder;
import dev.zonda.formats.safetensors.SafetensorsFile;
import dev.zonda.formats.safetensors.ShardedSafetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Finds out which files of a checkpoint folder are its weights.
final class FolderWeights {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = SINGLE + ".index.json";

  private FolderWeights() {}

  static Checkpoint open(ContainedFolder folder) throws IOException {
    List<String> names = names(folder.path());
    String name =
        choose(names)
            .orElseThrow(() ->
                FormatException.in(
                    folder.path(),
                    "holds no weights, expected %s or %s%s"
                        .formatted(SINGLE, INDEX, torch(names))));
    Path file = folder.find(name).orElseThrow(() -> FormatException.in(folder.path(), "changes"));
    return name.endsWith(".json") ? ShardedSafetensors.open(file) : SafetensorsFile.open(file);
  }

  /// What Hugging Face's own loader takes first, then any other index, then any other file, if it
  /// is the only one.
  private static Optional<String> choose(List<String> names) {
    return Stream.of(SINGLE, INDEX)
        .filter(names::contains)
        .findFirst()
        .or(() -> only(names, ".safetensors.index.json"))
        .or(() -> only(names, ".safetensors"));
  }

  private static Optional<String> only(List<String> names, String suffix) {
    List<String> found = names.stream().filter(name -> name.endsWith(suffix)).toList();
    return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
  }

  private static String torch(List<String> names) {
    return names.stream()
        .filter(name -> name.endsWith(".bin") || name.endsWith(".pt") || name.endsWith(".pth"))
        .findFirst()
        .map(name -> "; " + name + " looks like a PyTorch file, which zonda does not read")
        .orElse("");
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}

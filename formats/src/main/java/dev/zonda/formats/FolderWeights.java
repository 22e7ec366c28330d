package dev.zonda.formats;

import dev.zonda.formats.io.Folder;
import dev.zonda.formats.io.MappedFile;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Finds out which files of a checkpoint folder are its weights.
final class FolderWeights {
  private static final String SINGLE = "model.safetensors";
  private static final String TORCH = "pytorch_model.bin";
  private static final String INDEX = ".index.json";

  private FolderWeights() {}

  static Checkpoint open(Folder folder) throws IOException {
    List<String> names = folder.list("");
    String name =
        choose(names)
            .orElseThrow(() ->
                FormatException.in(
                    folder.path(),
                    "holds no weights, expected %s, %s, or one of them with %s"
                        .formatted(SINGLE, TORCH, INDEX)));
    MappedFile file =
        folder.open(name).orElseThrow(() -> FormatException.in(folder.path(), "changes"));
    return name.endsWith(".json") ? ShardedCheckpoint.open(folder, file) : WeightFile.open(file);
  }

  /// What Hugging Face's own loader takes first, then any other index, then any other file, if it
  /// is the only one of its kind.
  private static Optional<String> choose(List<String> names) {
    return Stream.of(SINGLE, SINGLE + INDEX)
        .filter(names::contains)
        .findFirst()
        .or(() -> only(names, ".safetensors" + INDEX))
        .or(() -> only(names, ".safetensors"))
        .or(() -> Stream.of(TORCH, TORCH + INDEX).filter(names::contains).findFirst())
        .or(() -> only(names, ".bin" + INDEX))
        .or(() -> only(names, ".pth"))
        .or(() -> only(names, ".pt"));
  }

  private static Optional<String> only(List<String> names, String suffix) {
    List<String> found = names.stream().filter(name -> name.endsWith(suffix)).toList();
    return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
  }
}

package dev.zonda.convert.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// The tensors that llama.cpp's architectures load. A file with another one is refused there, and
/// so is one without a tensor that is needed.
///
/// Names are GGUF's, with `blk.N.` for all layers. A tensor that is loaded only in some layers, or
/// only with some metadata, counts as loaded everywhere.
public final class KnownTensors {
  private static final Pattern LAYER = Pattern.compile("^blk\\.[0-9]+\\.");

  private KnownTensors() {}

  /// Whether llama.cpp knows an architecture at all.
  public static boolean hasArchitecture(String architecture) {
    return of(architecture).isPresent();
  }

  /// Whether an architecture loads a tensor.
  public static boolean accepts(String architecture, String tensor) {
    return of(architecture)
        .map(known ->
            known.loaded().contains(LAYER.matcher(tensor).replaceFirst(LoadedTensors.BLOCK)))
        .orElse(false);
  }

  /// Tensors that an architecture needs and a checkpoint may lack.
  ///
  /// @param layers of the model
  public static List<String> needed(String architecture, int layers) {
    List<String> all = new ArrayList<>();
    of(architecture).map(LoadedTensors::needed).stream()
        .flatMap(List::stream)
        .forEach(name -> {
          for (int layer = 0;
              layer < (name.startsWith(LoadedTensors.BLOCK) ? layers : 1);
              layer++) {
            all.add(name.replace(LoadedTensors.BLOCK, "blk." + layer + "."));
          }
        });
    return all;
  }

  private static Optional<LoadedTensors> of(String architecture) {
    return Optional.ofNullable(DenseArchitectures.ALL.get(architecture))
        .or(() -> Optional.ofNullable(ExpertArchitectures.ALL.get(architecture)))
        .or(() -> Optional.ofNullable(HybridArchitectures.ALL.get(architecture)));
  }
}

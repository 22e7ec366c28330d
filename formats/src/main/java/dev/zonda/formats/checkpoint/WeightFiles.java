package dev.zonda.formats.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Files of a folder that are its weights, found by their names.
///
/// @param names one file, one index, or all that are numbered as one set
record WeightFiles(List<String> names) {
  static final String SINGLE = "model.safetensors";
  static final String TORCH = "pytorch_model.bin";
  static final String INDEX = ".index.json";

  private static final String SAFETENSORS = ".safetensors";
  private static final String BIN = ".bin";

  private static final Pattern NUMBERED = Pattern.compile("(.+)-(\\d{5})-of-(\\d{5})(\\.\\w+)");

  /// Files of tensors that are not a model.
  private static final Pattern NO_MODEL =
      Pattern.compile("(adapter_|optimizer|scheduler|rng_state|training_args|random_states).*");

  WeightFiles {
    names = List.copyOf(names);
  }

  static WeightFiles of(String name) {
    return new WeightFiles(List.of(name));
  }

  boolean isIndex() {
    return names.getFirst().endsWith(INDEX);
  }

  /// A description for people.
  String words() {
    if (isIndex()) {
      return "the files of " + names.getFirst();
    }
    return names.size() == 1
        ? names.getFirst()
        : "%s and %d more".formatted(names.getFirst(), names.size() - 1);
  }

  /// What transformers takes; failing that, what it does not look at: numbered files without an
  /// index, the only other index, the only other file.
  ///
  /// @param named by config.json's `transformers_weights`
  static Optional<WeightFiles> asTransformers(List<String> names, Optional<String> named) {
    return named
        .map(WeightFiles::of)
        .or(() -> first(names, SINGLE, SINGLE + INDEX, TORCH, TORCH + INDEX))
        .or(() -> numbered(names, SAFETENSORS))
        .or(() -> only(names, SAFETENSORS + INDEX))
        .or(() -> only(names, SAFETENSORS))
        .or(() -> ofDevices(names))
        .or(() -> numbered(names, BIN))
        .or(() -> only(names, BIN + INDEX))
        .or(() -> only(names, ".pth"))
        .or(() -> only(names, ".pt"));
  }

  /// What llama.cpp's converter takes: an index, or all files whose names begin alike. Where it
  /// takes nothing, as [#asTransformers].
  static Optional<WeightFiles> asReference(List<String> names) {
    return indexOrAll(names, "model", SINGLE, SAFETENSORS)
        .or(() -> indexOrAll(names, "pytorch_model", TORCH, BIN))
        .or(() -> asTransformers(names, Optional.empty()));
  }

  private static Optional<WeightFiles> indexOrAll(
      List<String> names, String start, String single, String end) {
    if (names.contains(single + INDEX)) {
      return Optional.of(of(single + INDEX));
    }
    List<String> all =
        names.stream().filter(name -> name.startsWith(start) && name.endsWith(end)).toList();
    return all.isEmpty() ? Optional.empty() : Optional.of(new WeightFiles(all));
  }

  private static Optional<WeightFiles> first(List<String> names, String... wanted) {
    return Stream.of(wanted).filter(names::contains).findFirst().map(WeightFiles::of);
  }

  private static Optional<WeightFiles> only(List<String> names, String suffix) {
    List<String> found =
        names.stream()
            .filter(name -> name.endsWith(suffix) && !NO_MODEL.matcher(name).matches())
            .toList();
    return found.size() == 1 ? Optional.of(of(found.getFirst())) : Optional.empty();
  }

  /// Whether files hold parts of tensors for several devices.
  boolean areOfDevices() {
    return RankedFile.of(names.getFirst()).isPresent();
  }

  private static Optional<WeightFiles> ofDevices(List<String> names) {
    List<String> found = names.stream().filter(name -> RankedFile.of(name).isPresent()).toList();
    return found.isEmpty() ? Optional.empty() : Optional.of(new WeightFiles(found));
  }

  /// The files `NAME-00001-of-0000N` of the first set that is complete, or else of the first.
  private static Optional<WeightFiles> numbered(List<String> names, String suffix) {
    Map<String, List<String>> sets = new TreeMap<>();
    for (String name : names) {
      Matcher number = NUMBERED.matcher(name);
      if (number.matches() && number.group(4).equals(suffix) && !NO_MODEL.matcher(name).matches()) {
        sets.computeIfAbsent(number.group(1) + " " + number.group(3), set -> new ArrayList<>())
            .add(name);
      }
    }
    return sets.values().stream()
        .filter(set -> missing(set).isEmpty())
        .findFirst()
        .or(() -> sets.values().stream().findFirst())
        .map(WeightFiles::new);
  }

  /// The first file that is missing from a numbered set; empty if the set is complete, or not
  /// numbered.
  Optional<String> firstMissing() {
    return missing(names);
  }

  private static Optional<String> missing(List<String> set) {
    Matcher last = NUMBERED.matcher(set.getLast());
    if (!last.matches()) {
      return Optional.empty();
    }
    for (int number = 1; number <= Integer.parseInt(last.group(3)); number++) {
      String name =
          "%s-%05d-of-%s%s".formatted(last.group(1), number, last.group(3), last.group(4));
      if (number > set.size() || !set.get(number - 1).equals(name)) {
        return Optional.of(name);
      }
    }
    return Optional.empty();
  }
}

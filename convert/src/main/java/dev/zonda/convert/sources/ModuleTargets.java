package dev.zonda.convert.sources;

import dev.zonda.quantize.pattern.NamePattern;
import dev.zonda.quantize.pattern.SearchEffort;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Which modules compressed-tensors' groups are for: by full name; after `re:`, by a pattern that
/// the name must begin with; or by the name of their class. The more specific target counts, and of
/// patterns the first by spelling. For one thread.
///
/// @param <T> what is said of modules
final class ModuleTargets<T> {
  private static final String PATTERN = "re:";

  private final Map<String, T> byName = new LinkedHashMap<>();
  private final TreeMap<String, T> byPattern = new TreeMap<>();
  private final Map<String, NamePattern> patterns = new LinkedHashMap<>();
  private final SearchEffort effort = new SearchEffort();

  /// Of several things that are said of one target, the last counts.
  ///
  /// @throws IllegalArgumentException if a pattern is not valid
  void add(String target, T said) {
    if (target.startsWith(PATTERN)) {
      byPattern.put(target, said);
      patterns.put(target, NamePattern.atStart(target.substring(PATTERN.length())));
    } else {
      byName.put(target, said);
    }
  }

  /// What is said of a module.
  ///
  /// @throws IllegalArgumentException if patterns take too long to search for
  Optional<T> of(String module) {
    if (byName.containsKey(module)) {
      return Optional.of(byName.get(module));
    }
    for (Map.Entry<String, T> target : byPattern.entrySet()) {
      if (patterns.get(target.getKey()).isFoundIn(module, effort)) {
        return Optional.of(target.getValue());
      }
    }
    return Optional.ofNullable(byName.get(isEmbedding(module) ? "Embedding" : "Linear"));
  }

  /// All that is said.
  List<T> all() {
    List<T> all = new ArrayList<>(byName.values());
    all.addAll(byPattern.values());
    return all;
  }

  /// All quantized modules are linear except these.
  private static boolean isEmbedding(String module) {
    return module.endsWith("embed_tokens") || module.endsWith("tok_embeddings");
  }
}

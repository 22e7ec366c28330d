package dev.zonda.formats.checkpoint;

import dev.zonda.formats.checkpoint.PartedTensor.Join;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How the parts of tensors belong together, which no file says: of Meta's by an instance.
///
/// @param vocabulary how the parts of the embedding do: Llama 1 and 2 divided the values of a
///   token, Llama 3 the tokens
record PartedNames(Join vocabulary) {
  private static final Pattern LAYER = Pattern.compile("^layers\\.\\d+\\.");
  private static final Pattern EXPERT =
      Pattern.compile(
          "model\\.layers\\.\\d+\\.block_sparse_moe\\.experts\\.\\d+\\.w([123])\\.weight");
  private static final String EMBEDDING = "tok_embeddings.weight";
  private static final String NORM = "norm.weight";

  private static final Map<String, Join> JOINS =
      Map.ofEntries(
          Map.entry("attention.wq.weight", Join.ROWS),
          Map.entry("attention.wk.weight", Join.ROWS),
          Map.entry("attention.wv.weight", Join.ROWS),
          Map.entry("attention.wo.weight", Join.COLUMNS),
          Map.entry("attention_norm.weight", Join.FIRST),
          Map.entry("feed_forward.w1.weight", Join.ROWS),
          Map.entry("feed_forward.w2.weight", Join.COLUMNS),
          Map.entry("feed_forward.w3.weight", Join.ROWS),
          Map.entry("ffn_norm.weight", Join.FIRST),
          Map.entry(NORM, Join.FIRST),
          Map.entry("output.weight", Join.ROWS),
          Map.entry("rope.freqs", Join.FIRST),
          Map.entry("attention.inner_attention.rope.freqs", Join.FIRST));

  static PartedNames of(Map<String, List<PartedTensor.Part>> parts) {
    List<PartedTensor.Part> embedding = parts.getOrDefault(EMBEDDING, List.of());
    List<PartedTensor.Part> norm = parts.getOrDefault(NORM, List.of());
    boolean isWhole =
        !embedding.isEmpty()
            && !norm.isEmpty()
            && embedding.getFirst().tensor().shape().rowLength()
                == norm.getFirst().tensor().shape().elements();
    return new PartedNames(isWhole ? Join.ROWS : Join.COLUMNS);
  }

  /// How parts of Grok 2's tensors belong together: only those of experts are in parts.
  static Optional<Join> ranked(String name) {
    Matcher expert = EXPERT.matcher(name);
    return expert.matches()
        ? Optional.of(expert.group(1).equals("2") ? Join.COLUMNS : Join.ROWS)
        : Optional.empty();
  }

  /// Empty if the name is not one of Meta's.
  Optional<Join> join(String name) {
    return name.equals(EMBEDDING)
        ? Optional.of(vocabulary)
        : Optional.ofNullable(JOINS.get(LAYER.matcher(name).replaceFirst("")));
  }
}

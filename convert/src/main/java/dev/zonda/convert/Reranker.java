package dev.zonda.convert;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.expression.Expression;
import dev.zonda.convert.expression.JoinRows;
import dev.zonda.convert.expression.RowOrder;
import dev.zonda.convert.expression.SelectRows;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.Target;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataType;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Qwen 3 models that judge how well a document answers a query: the score is made of two rows of
/// the output matrix, those of `yes` and of `no`. llama.cpp reads them as a classifier with a
/// prompt of its own; the form of the prompt is that of the published model cards.
final class Reranker {
  private static final Set<String> ARCHITECTURES = Set.of("qwen3", "qwen3vl");
  private static final List<String> NAMES = List.of("qwen3-reranker", "qwen3-vl-reranker");

  private static final String EMBEDDING = "token_embd.weight";
  private static final String OUTPUT = "output.weight";
  private static final String CLASSIFIER = "cls.output.weight";

  /// The score of a classifier instead of a vector.
  private static final int RANK = 4;

  /// What the scores mean, in their order.
  private static final List<String> LABELS = List.of("yes", "no");

  private static final String TEMPLATE_NAME = "rerank";
  private static final String PROMPT =
      "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and"
          + " the Instruct provided. Note that the answer can only be \"yes\" or \"no\".<|im_end|>\n"
          + "<|im_start|>user\n"
          + "<Instruct>: Given a web search query, retrieve relevant passages that answer the query\n"
          + "<Query>: {query}\n<Document>: {document}<|im_end|>\n"
          + "<|im_start|>assistant\n<think>\n\n</think>\n\n";

  private Reranker() {}

  /// Whether a folder holds one: nothing but its model card and its names say so.
  ///
  /// @param id name of the model
  static boolean isAt(CheckpointFolder folder, String id, MetadataRule.Source source)
      throws IOException {
    if (!ARCHITECTURES.contains(source.family().architecture())) {
      return false;
    }
    String card = folder.text("README.md").orElse("").toLowerCase(Locale.ROOT);
    ModelConfig config = source.config();
    String names =
        String.join(" ", id, config.text("_name_or_path").orElse("")).toLowerCase(Locale.ROOT);
    return NAMES.stream().anyMatch(name -> card.contains("# " + name) || names.contains(name));
  }

  /// The tensors with the classifier: before the embedding if that is the output matrix, too, else
  /// in place of the output matrix.
  ///
  /// @param vocabulary the keys of the vocabulary
  /// @throws FormatException if the vocabulary lacks one of the words
  static List<Target> classified(
      CheckpointFolder folder,
      MetadataRule.Source source,
      List<Target> targets,
      Metadata vocabulary)
      throws FormatException {
    boolean isTied = source.config().is("tie_word_embeddings");
    List<Target> all = new ArrayList<>();
    for (Target target : targets) {
      if (target.name().equals(isTied ? EMBEDDING : OUTPUT)) {
        List<Expression> rows = new ArrayList<>();
        for (String label : LABELS) {
          RowOrder row =
              new RowOrder(row(folder, vocabulary, label), List.of(new RowOrder.Loop(1, 1)));
          rows.add(SelectRows.of(target.values(), row));
        }
        all.add(new Target(CLASSIFIER, JoinRows.concatenate(rows), target.source(), target.file()));
      }
      if (isTied || !target.name().equals(OUTPUT)) {
        all.add(target);
      }
    }
    source
        .notes()
        .add(
            "it is a reranker, by its name or README.md: its score is made of the rows of 'yes' and"
                + " 'no' of %s"
                    .formatted(
                        isTied
                            ? "the embedding"
                            : "the output matrix, whose other rows are left out"));
    return all;
  }

  private static long row(CheckpointFolder folder, Metadata vocabulary, String word)
      throws FormatException {
    List<MetadataValue> tokens = vocabulary.array("tokenizer.ggml.tokens").orElse(List.of());
    int row = tokens.indexOf(new MetadataValue.Text(word));
    if (row < 0) {
      throw FormatException.in(
          folder.path(),
          ("is a reranker by its name or README.md, but its vocabulary has no token '%s', whose row"
                  + " of the output matrix is the score")
              .formatted(word));
    }
    return row;
  }

  static void write(MetadataRule.Source source, Metadata.Builder metadata) {
    metadata.putUint32(source.key("pooling_type"), RANK);
    metadata.put(source.key("classifier.output_labels"), texts(LABELS));
    metadata.putText("tokenizer.chat_template." + TEMPLATE_NAME, PROMPT);
    metadata.put("tokenizer.chat_templates", texts(List.of(TEMPLATE_NAME)));
  }

  private static MetadataValue texts(List<String> values) {
    List<MetadataValue> all = new ArrayList<>();
    values.forEach(value -> all.add(new MetadataValue.Text(value)));
    return new MetadataValue.Array(MetadataType.STRING, all);
  }
}

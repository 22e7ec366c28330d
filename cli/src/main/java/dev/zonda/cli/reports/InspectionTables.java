package dev.zonda.cli.reports;

import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.cli.render.Table;
import dev.zonda.cli.render.Table.Column;
import dev.zonda.formats.TensorInfo;
import dev.zonda.inspect.Inspection;
import dev.zonda.inspect.ModelFacts;
import dev.zonda.inspect.SizeFact;
import dev.zonda.inspect.StoredFiles.StoredFile;
import dev.zonda.inspect.TypeShare;
import dev.zonda.inspect.ValueText;
import dev.zonda.inspect.VocabularyFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/// An inspection for people.
public final class InspectionTables {
  private InspectionTables() {}

  /// The summary, the share of each type, and the files if there are several or if they were
  /// hashed.
  public static void summary(Inspection inspection, Console console) {
    console.table(overview(inspection));
    console.gap();
    console.table(types(inspection));
    boolean hashed =
        inspection.stored().files().stream().anyMatch(file -> file.sha256().isPresent());
    if (hashed || inspection.stored().files().size() > 1) {
      console.gap();
      console.table(files(inspection));
    }
  }

  private static Table overview(Inspection inspection) {
    ModelFacts facts = inspection.facts();
    Table table = Table.ofPairs();
    table.row("file", inspection.path().toString());
    table.row("format", inspection.stored().format());
    inspection
        .stored()
        .part()
        .ifPresent(part ->
            table.row(
                "part",
                "file %d of %d of a split model; the others are missing"
                    .formatted(part.number(), part.of())));
    facts.name().ifPresent(name -> table.row("name", name));
    facts
        .architecture()
        .map(name -> name + facts.modelClass().map(c -> " (" + c + ")").orElse(""))
        .ifPresent(text -> table.row("architecture", text));
    facts.fileType().ifPresent(type -> table.row("file type", type));
    inspection.quantization().ifPresent(method -> table.row("quantized", method));
    table.row("parameters", bothForms(inspection.parameters()));
    row(table, "context", facts.size(SizeFact.CONTEXT_LENGTH), " tokens");
    row(table, "vocabulary", facts.size(SizeFact.VOCABULARY), " tokens");
    inspection.vocabulary().ifPresent(vocabulary -> vocabulary(vocabulary, table));
    structure(facts).ifPresent(text -> table.row("structure", text));
    table.row("size", sizeWithBytes(inspection.stored().bytes()));
    table.row("bits per weight", Sizes.decimals(inspection.bitsPerWeight(), 2));
    table.row("tensors", Sizes.exact(inspection.stored().tensors().size()));
    return table;
  }

  private static void vocabulary(VocabularyFacts facts, Table table) {
    table.row("tokenizer", facts.model() + facts.preTokenizer().map(pre -> ", " + pre).orElse(""));
    if (!facts.specialTokens().isEmpty()) {
      table.row(
          "special tokens",
          facts.specialTokens().stream()
              .map(token ->
                  "%s %d%s"
                      .formatted(
                          token.role(),
                          token.id(),
                          token.text().map(text -> " '" + text + "'").orElse("")))
              .collect(Collectors.joining(", ")));
    }
    table.row(
        "chat template",
        facts
            .chatTemplate()
            .map(text -> Sizes.exact(text.length()) + " characters")
            .orElse("none"));
  }

  /// For example `32 layers, width 4096, feed-forward 14336, 32 heads, 8 key/value heads`.
  private static Optional<String> structure(ModelFacts facts) {
    List<String> parts = new ArrayList<>();
    facts.size(SizeFact.LAYERS).ifPresent(n -> parts.add(n + (n == 1 ? " layer" : " layers")));
    facts
        .size(SizeFact.PREDICTORS)
        .ifPresent(
            n -> parts.add(n + (n == 1 ? " predictor" : " predictors") + " of further tokens"));
    facts.size(SizeFact.EMBEDDING_LENGTH).ifPresent(n -> parts.add("width " + n));
    facts.size(SizeFact.FEED_FORWARD_LENGTH).ifPresent(n -> parts.add("feed-forward " + n));
    facts.size(SizeFact.HEADS).ifPresent(n -> parts.add(n + (n == 1 ? " head" : " heads")));
    facts
        .size(SizeFact.KV_HEADS)
        .ifPresent(n -> parts.add(n + " key/value" + (n == 1 ? " head" : " heads")));
    facts.size(SizeFact.EXPERTS).ifPresent(n -> parts.add(n + (n == 1 ? " expert" : " experts")));
    return parts.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", parts));
  }

  private static Table types(Inspection inspection) {
    Table table =
        Table.of(
            Column.left("type"),
            Column.right("tensors"),
            Column.right("parameters"),
            Column.right("size"),
            Column.right("share"));
    for (TypeShare share : inspection.stored().types()) {
      double percent =
          inspection.stored().tensorBytes() == 0
              ? 0
              : 100.0 * share.bytes() / inspection.stored().tensorBytes();
      table.row(
          share.type().name(),
          Sizes.exact(share.tensors()),
          Sizes.count(share.parameters()),
          Sizes.bytes(share.bytes()),
          Sizes.decimals(percent, 1) + " %");
    }
    return table;
  }

  private static Table files(Inspection inspection) {
    Table table = Table.of(Column.left("file"), Column.right("size"), Column.left("sha256"));
    for (StoredFile file : inspection.stored().files()) {
      table.row(
          String.valueOf(file.path().getFileName()),
          Sizes.bytes(file.bytes()),
          file.sha256().orElse("-"));
    }
    return table;
  }

  public static Table metadata(Inspection inspection) {
    Table table = Table.of(Column.left("key"), Column.left("type"), Column.left("value"));
    inspection
        .stored()
        .metadata()
        .entries()
        .forEach((key, value) -> table.row(key, ValueText.typeOf(value), ValueText.of(value)));
    inspection
        .configuration()
        .ifPresent(config ->
            config
                .properties()
                .forEach(field ->
                    table.row(
                        "config." + field.getKey(),
                        field.getValue().getNodeType().name().toLowerCase(Locale.ROOT),
                        ValueText.of(field.getValue()))));
    return table;
  }

  public static Table tensors(Inspection inspection) {
    Table table =
        Table.of(
            Column.left("tensor"),
            Column.left("type"),
            Column.left("shape"),
            Column.right("size"),
            Column.right("offset"));
    for (TensorInfo tensor : inspection.stored().tensors()) {
      table.row(
          tensor.name(),
          tensor.type().name(),
          tensor.shape().toString(),
          Sizes.bytes(tensor.bytes()),
          Long.toString(tensor.offset()));
    }
    return table;
  }

  private static void row(Table table, String label, OptionalLong value, String unit) {
    value.ifPresent(number -> table.row(label, Sizes.exact(number) + unit));
  }

  private static String bothForms(long count) {
    return count < 1000
        ? Long.toString(count)
        : Sizes.count(count) + " (" + Sizes.exact(count) + ")";
  }

  private static String sizeWithBytes(long bytes) {
    return Sizes.bytes(bytes) + " (" + Sizes.exact(bytes) + " bytes)";
  }
}

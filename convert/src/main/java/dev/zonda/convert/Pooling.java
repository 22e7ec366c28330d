package dev.zonda.convert;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// How a model that embeds texts makes one vector out of those of all tokens, by `modules.json`, in
/// which Sentence Transformers lists what comes after the network.
final class Pooling {
  private static final String MODULES = "modules.json";
  private static final String KEY = "pooling_type";
  private static final int MEAN = 1;
  private static final int FIRST = 2;
  private static final int LAST = 3;

  /// The families for which llama.cpp's converter reads it.
  private static final Set<String> REFERENCE = Set.of("qwen2", "qwen3", "qwen3vl");

  /// Classes of other families for which it does so.
  private static final Set<String> REFERENCE_CLASSES = Set.of("Lfm2Model");

  /// A matrix behind the network, which llama.cpp has a place for in these classes.
  private static final String MATRIX = "Dense";

  /// Switches, of which the first that is on counts.
  private static final List<Map.Entry<String, Integer>> FLAGS =
      List.of(
          Map.entry("pooling_mode_mean_tokens", MEAN),
          Map.entry("pooling_mode_cls_token", FIRST),
          Map.entry("pooling_mode_lasttoken", LAST));

  private static final Map<String, Integer> MODES =
      Map.of("mean", MEAN, "cls", FIRST, "lasttoken", LAST);

  /// Modules that add no weights: the network itself, and scaling to length one, which readers do
  /// anyway.
  private static final Set<String> NOTHING_LEARNED = Set.of("Transformer", "Normalize");

  private Pooling() {}

  static void write(CheckpointFolder folder, MetadataRule.Source source, Metadata.Builder metadata)
      throws IOException {
    Optional<JsonNode> modules = folder.json(MODULES);
    if (modules.isEmpty()) {
      return;
    }
    boolean isFound = false;
    for (JsonNode module : modules.get()) {
      String type = module.path("type").asString("");
      String name = type.substring(type.lastIndexOf('.') + 1);
      if (name.equals("Pooling") && !isFound) {
        isFound = true;
        write(folder, module.path("path").asString(""), source, metadata);
      } else if (name.equals(MATRIX) && isOfReferenceClass(source)) {
        leaveOut(folder, module.path("path").asString(""), source);
      } else if (!NOTHING_LEARNED.contains(name)) {
        source
            .notes()
            .add(
                "%s: module '%s' (%s) is left out: GGUF's %s has no place for it"
                    .formatted(
                        MODULES,
                        module.path("path").asString(""),
                        name,
                        source.family().architecture()));
      }
    }
  }

  private static boolean isOfReferenceClass(MetadataRule.Source source) throws FormatException {
    return source
        .config()
        .fields()
        .texts("architectures")
        .filter(classes -> !classes.isEmpty() && REFERENCE_CLASSES.contains(classes.getFirst()))
        .isPresent();
  }

  private static void leaveOut(CheckpointFolder folder, String path, MetadataRule.Source source)
      throws FormatException {
    if (!source.isCorrected()) {
      throw FormatException.in(
          folder.path().resolve(MODULES),
          ("names the matrix of '%s', which llama.cpp's converter writes beside the network:"
                  + " leave out --as-reference, and the file holds the network alone")
              .formatted(path));
    }
    source
        .notes()
        .add(
            ("%s: the matrix of '%s' is left out: the file holds the network alone, whose"
                    + " vectors have another length")
                .formatted(MODULES, path));
  }

  private static void write(
      CheckpointFolder folder, String path, MetadataRule.Source source, Metadata.Builder metadata)
      throws IOException {
    String file = path + "/config.json";
    Optional<JsonNode> root = folder.json(file);
    if (root.isEmpty()) {
      throw FormatException.in(
          folder.path().resolve(MODULES), "names the file %s, which is missing".formatted(file));
    }
    JsonFields fields = JsonFields.of(folder.path().resolve(file), root.get());
    OptionalInt mode = mode(fields);
    boolean isReferences =
        REFERENCE.contains(source.family().architecture()) || isOfReferenceClass(source);
    if (mode.isEmpty()) {
      source
          .notes()
          .add(
              "%s names no pooling that GGUF knows (mean, cls, lasttoken): none is written"
                  .formatted(file));
    } else if (isReferences) {
      metadata.putUint32(source.key(KEY), mode.getAsInt());
    } else if (source.isCorrected()) {
      metadata.putUint32(source.key(KEY), mode.getAsInt());
      source
          .notes()
          .add(
              "the pooling of %s is written as %s; llama.cpp's converter drops it (--as-reference)"
                  .formatted(file, source.key(KEY)));
    }
  }

  private static OptionalInt mode(JsonFields fields) throws FormatException {
    for (Map.Entry<String, Integer> flag : FLAGS) {
      if (fields.bool(flag.getKey()).orElse(false)) {
        return OptionalInt.of(flag.getValue());
      }
    }
    Optional<Integer> mode = fields.text("pooling_mode").map(MODES::get);
    return mode.isPresent() ? OptionalInt.of(mode.get()) : OptionalInt.empty();
  }
}

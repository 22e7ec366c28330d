package dev.zonda.quantize.recipe;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.io.MappedFile;
import dev.zonda.quantize.FileType;
import dev.zonda.quantize.MetadataOverride;
import dev.zonda.quantize.NonfiniteValues;
import dev.zonda.quantize.TypeOverrides;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Reads recipe files in JSON or YAML, and writes them in JSON.
public final class RecipeFile {
  private static final int VERSION = 1;
  private static final long MOST_BYTES = 1 << 20;

  private static final String VERSION_FIELD = "zonda_recipe";

  private static final String AUTO = "auto";

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(8)
                          .maxNumberLength(32)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private RecipeFile() {}

  /// Reads a recipe: JSON if it begins with a brace, else YAML.
  ///
  /// @throws FormatException if it is neither, of another version, or says what has no meaning; the
  ///   message names the field
  public static RecipeSettings read(Path file) throws IOException {
    return parse(file, text(file));
  }

  /// Reads a recipe that is in memory already.
  ///
  /// @param file where it is from, for messages
  /// @throws FormatException as [#read] does
  public static RecipeSettings parse(Path file, String text) throws FormatException {
    JsonNode root = text.stripLeading().startsWith("{") ? json(file, text) : Yaml.read(file, text);
    RecipeFields fields = new RecipeFields(file, root);
    Optional<Integer> version = fields.number(VERSION_FIELD);
    if (version.isEmpty() || version.get() != VERSION) {
      throw FormatException.in(
          file,
          VERSION_FIELD
              + version.map(v -> " is " + v).orElse(" is missing")
              + ", expected "
              + VERSION);
    }
    RecipeSettings settings =
        new RecipeSettings(
            fields.parsed("type", RecipeFile::typeName),
            flags(fields),
            new ImportanceSettings(
                fields.text("imatrix"),
                fields.texts("include_weights"),
                fields.texts("exclude_weights")),
            new TypeOverrides(
                fields.parsed("output_tensor_type", TypeOverrides::parseType),
                fields.parsed("token_embedding_type", TypeOverrides::parseType),
                fields.parsedList("tensor_types", TypeOverrides.Rule::parse)),
            fields.parsedList("override_kv", RecipeFile::override),
            fields.numbers("prune_layers"),
            fields.parsed("nonfinite", NonfiniteValues::parse),
            fields.text("pre_tokenizer"));
    fields.requireNoOthers();
    return settings;
  }

  private static RecipeFlags flags(RecipeFields fields) throws FormatException {
    RecipeFlags flags = RecipeFlags.NONE;
    for (RecipeFlag flag : RecipeFlag.values()) {
      flags = flags.with(flag, fields.flag(flag.field()));
    }
    return flags;
  }

  /// Writes a recipe that [#read] reads.
  ///
  /// @throws java.nio.file.FileAlreadyExistsException if the file exists and must not be replaced
  public static void write(Path file, RecipeSettings settings, OverwritePolicy policy)
      throws IOException {
    ObjectNode root = JSON.createObjectNode();
    root.put(VERSION_FIELD, VERSION);
    settings.type().ifPresent(type -> root.put("type", type));
    put(root, settings, RecipeFlag.PURE);
    put(root, settings, RecipeFlag.ALLOW_REQUANTIZE);
    ImportanceSettings importance = settings.importance();
    importance.matrix().ifPresent(matrix -> root.put("imatrix", matrix));
    putAll(root, "include_weights", importance.included());
    putAll(root, "exclude_weights", importance.excluded());
    put(root, settings, RecipeFlag.FILL_ZERO_WEIGHTS);
    put(root, settings, RecipeFlag.LEAVE_OUTPUT_TENSOR);
    TypeOverrides types = settings.tensorTypes();
    put(root, "output_tensor_type", types.output());
    put(root, "token_embedding_type", types.tokenEmbedding());
    putAll(root, "tensor_types", types.rules().stream().map(TypeOverrides.Rule::toString).toList());
    putAll(root, "override_kv", settings.overrideKv());
    if (!settings.pruneLayers().isEmpty()) {
      settings.pruneLayers().forEach(root.putArray("prune_layers")::add);
    }
    settings
        .nonfinite()
        .ifPresent(how -> root.put("nonfinite", how.name().toLowerCase(Locale.ROOT)));
    put(root, settings, RecipeFlag.KEEP_SPLIT);
    put(root, settings, RecipeFlag.AS_REFERENCE);
    put(root, settings, RecipeFlag.MTP);
    settings.preTokenizer().ifPresent(name -> root.put("pre_tokenizer", name));
    byte[] bytes = (JSON.writeValueAsString(root) + "\n").getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, bytes, policy);
  }

  private static void put(ObjectNode root, RecipeSettings settings, RecipeFlag flag) {
    settings.flags().get(flag).ifPresent(value -> root.put(flag.field(), value));
  }

  private static void put(ObjectNode root, String name, Optional<TensorType> type) {
    type.ifPresent(some -> root.put(name, some.name()));
  }

  private static void putAll(ObjectNode root, String name, List<String> texts) {
    if (!texts.isEmpty()) {
      texts.forEach(root.putArray(name)::add);
    }
  }

  /// The name of a file type, or `auto`, which only the converter knows.
  private static String typeName(String text) {
    return text.equalsIgnoreCase(AUTO) ? AUTO : FileType.parse(text).name();
  }

  /// The text, if it has a meaning.
  private static String override(String text) {
    MetadataOverride.parse(text);
    return text;
  }

  private static String text(Path file) throws IOException {
    try (MappedFile mapped = MappedFile.open(file)) {
      if (mapped.size() > MOST_BYTES) {
        throw FormatException.in(file, "is longer than 1 MiB, the limit for a recipe");
      }
      byte[] bytes = mapped.bytes().toArray(ValueLayout.JAVA_BYTE);
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw FormatException.in(file, "is not valid UTF-8, which a recipe must be", e);
    }
  }

  private static JsonNode json(Path file, String text) throws FormatException {
    try {
      return JSON.readTree(text);
    } catch (JacksonException e) {
      throw FormatException.in(file, "broken JSON: " + e.getOriginalMessage(), e);
    }
  }
}

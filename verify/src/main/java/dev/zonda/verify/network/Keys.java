package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntPredicate;

/// Reads the metadata keys of a model's architecture, each checked.
public final class Keys {
  /// Bounds counts, so that products of a few stay far from overflow.
  public static final long MAX_COUNT = 1 << 24;

  private static final String PREDICTORS = "nextn_predict_layers";

  private final GgufModel model;
  private final Metadata metadata;
  private final String architecture;

  public Keys(GgufModel model) {
    this.model = model;
    this.metadata = model.metadata().toBuilder().putAll(model.unwritten().entries()).build();
    this.architecture = metadata.text("general.architecture").orElse("");
  }

  /// The name with which every key begins.
  public String architecture() {
    return architecture;
  }

  /// Whether the model has a tensor.
  public boolean hasTensor(String name) {
    return model.find(name).isPresent();
  }

  GgufModel model() {
    return model;
  }

  String key(String name) {
    return architecture + "." + name;
  }

  /// Whether the metadata have a key.
  public boolean has(String name) {
    return metadata.get(key(name)).isPresent();
  }

  /// A number of at least one.
  public int count(String name) throws FormatException {
    return natural(name, 1);
  }

  /// A number of at least one, or the fallback if the key is missing.
  public int count(String name, int fallback) throws FormatException {
    return has(name) ? count(name) : fallback;
  }

  /// A number that may be zero. If the key is missing, it is zero.
  public int countOrZero(String name) throws FormatException {
    return has(name) ? natural(name, 0) : 0;
  }

  /// A number of at least one for each layer: an array, or one for all.
  public int[] layerCounts(String name) throws FormatException {
    return layerCounts(name, 1);
  }

  /// The same, where layers may have none.
  public int[] layerCountsOrZero(String name) throws FormatException {
    return layerCounts(name, 0);
  }

  private int[] layerCounts(String name, int least) throws FormatException {
    int[] counts = new int[layers()];
    Optional<List<MetadataValue>> values = has(name) ? metadata.array(key(name)) : Optional.empty();
    if (values.isEmpty()) {
      Arrays.fill(counts, count(name));
      return counts;
    }
    if (values.get().size() < counts.length) {
      throw error(
          "%s has %d values, expected one for each of %d layers"
              .formatted(key(name), values.get().size(), counts.length));
    }
    for (int layer = 0; layer < counts.length; layer++) {
      long value =
          switch (values.get().get(layer)) {
            case MetadataValue.Uint32(long number) -> number;
            case MetadataValue.Int32(int number) -> number;
            default -> throw error("%s holds something other than integers".formatted(key(name)));
          };
      if (value < least || value > MAX_COUNT) {
        throw error("%s holds %d, expected %d to %d".formatted(key(name), value, least, MAX_COUNT));
      }
      counts[layer] = (int) value;
    }
    return counts;
  }

  /// Rows of a tensor; zero if there is no such tensor.
  long rows(String tensor) {
    return model.find(tensor).map(info -> info.shape().rows()).orElse(0L);
  }

  private int natural(String name, int least) throws FormatException {
    long value = metadata.integer(key(name)).orElseThrow(() -> missing(name, "an integer"));
    if (value < least || value > MAX_COUNT) {
      throw error("%s is %d, expected %d to %d".formatted(key(name), value, least, MAX_COUNT));
    }
    return (int) value;
  }

  /// A required key that is missing or holds something else.
  private FormatException missing(String name, String expected) {
    return error(
        has(name)
            ? "%s is not %s".formatted(key(name), expected)
            : "lacks the key %s (%s)".formatted(key(name), expected));
  }

  /// A number above zero.
  public double number(String name) throws FormatException {
    double value = metadata.number(key(name)).orElseThrow(() -> missing(name, "a float"));
    // The network computes in single precision.
    if (!((float) value > 0 && (float) value <= Float.MAX_VALUE)) {
      throw error("%s is %s, expected more than 0".formatted(key(name), value));
    }
    return value;
  }

  /// A number above zero, or the fallback if the key is missing.
  public double number(String name, double fallback) throws FormatException {
    return has(name) ? number(name) : fallback;
  }

  /// A number above zero, if the key is there; zero counts as missing.
  public OptionalDouble optionalNumber(String name) throws FormatException {
    if (!has(name) || metadata.number(key(name)).orElse(1) == 0) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(number(name));
  }

  /// A number of either sign, or the fallback if the key is missing.
  public double signed(String name, double fallback) throws FormatException {
    if (!has(name)) {
      return fallback;
    }
    double value = metadata.number(key(name)).orElseThrow(() -> missing(name, "a float"));
    if (!Float.isFinite((float) value)) {
      throw error("%s is %s, expected a finite number".formatted(key(name), value));
    }
    return value;
  }

  /// Numbers from zero, one for each layer or the same for all; zeros if the key is missing. Those
  /// of layers that predict further tokens are passed over.
  public double[] layerNumbersOrZero(String name) throws FormatException {
    double[] numbers = new double[layers()];
    Optional<List<MetadataValue>> values = has(name) ? metadata.array(key(name)) : Optional.empty();
    if (values.isEmpty()) {
      Arrays.fill(numbers, optionalNumber(name).orElse(0));
      return numbers;
    }
    if (values.get().size() < numbers.length) {
      throw error(
          "%s has %d values, expected one for each of %d layers"
              .formatted(key(name), values.get().size(), numbers.length));
    }
    for (int i = 0; i < numbers.length; i++) {
      if (!(values.get().get(i) instanceof MetadataValue.Float32(float value))
          || !(value >= 0 && value <= Float.MAX_VALUE)) {
        throw error("%s holds something other than numbers from 0".formatted(key(name)));
      }
      numbers[i] = value;
    }
    return numbers;
  }

  /// Numbers above zero.
  ///
  /// @param count how many there must be
  public double[] numbers(String name, int count) throws FormatException {
    List<MetadataValue> values =
        metadata.array(key(name)).orElseThrow(() -> missing(name, "an array"));
    if (values.size() != count) {
      throw error("%s has %d values, expected %d".formatted(key(name), values.size(), count));
    }
    double[] numbers = new double[count];
    for (int i = 0; i < count; i++) {
      if (!(values.get(i) instanceof MetadataValue.Float32(float value))
          || !(value > 0 && value <= Float.MAX_VALUE)) {
        throw error("%s holds something other than numbers above 0".formatted(key(name)));
      }
      numbers[i] = value;
    }
    return numbers;
  }

  /// Finite numbers, one for each layer.
  ///
  /// @param name of a key that does not begin with the architecture's name
  public float[] layerNumbers(String name) throws FormatException {
    int layers = layers();
    List<MetadataValue> values =
        metadata
            .array(name)
            .orElseThrow(() -> error("lacks the key %s (a number per layer)".formatted(name)));
    if (values.size() != layers) {
      throw error(
          "%s has %d values, expected one for each of %d layers"
              .formatted(name, values.size(), layers));
    }
    float[] numbers = new float[layers];
    for (int i = 0; i < layers; i++) {
      if (!(values.get(i) instanceof MetadataValue.Float32(float value))
          || !Float.isFinite(value)) {
        throw error("%s holds something other than finite numbers".formatted(name));
      }
      numbers[i] = value;
    }
    return numbers;
  }

  /// Numbers for each layer, finite or minus infinity.
  public float[] layerNumbersOrLess(String name) throws FormatException {
    float[] numbers = new float[layers()];
    List<MetadataValue> values =
        metadata.array(key(name)).orElseThrow(() -> missing(name, "an array"));
    if (values.size() != numbers.length) {
      throw error(
          "%s has %d values, expected one for each of %d layers"
              .formatted(key(name), values.size(), numbers.length));
    }
    for (int i = 0; i < numbers.length; i++) {
      if (!(values.get(i) instanceof MetadataValue.Float32(float value))
          || !(value < Float.POSITIVE_INFINITY)) {
        throw error("%s holds something other than finite numbers".formatted(key(name)));
      }
      numbers[i] = value;
    }
    return numbers;
  }

  /// A text, or the fallback if the key is missing.
  public String text(String name, String fallback) throws FormatException {
    return has(name)
        ? metadata.text(key(name)).orElseThrow(() -> missing(name, "a text"))
        : fallback;
  }

  /// True or false; the fallback if the key is missing.
  public boolean flag(String name, boolean fallback) throws FormatException {
    return has(name)
        ? metadata.bool(key(name)).orElseThrow(() -> missing(name, "true or false"))
        : fallback;
  }

  /// A true or false per layer. Those of layers that predict further tokens are passed over.
  public boolean[] flags(String name, int layers) throws FormatException {
    List<MetadataValue> values =
        metadata.array(key(name)).orElseThrow(() -> missing(name, "an array"));
    if (values.size() != layers && values.size() != layers + predictors()) {
      throw error(
          "%s has %d values, expected one for each of %d layers"
              .formatted(key(name), values.size(), layers));
    }
    boolean[] flags = new boolean[layers];
    for (int i = 0; i < layers; i++) {
      flags[i] =
          switch (values.get(i)) {
            case MetadataValue.Bool(boolean value) -> value;
            case MetadataValue.Int32(int value) when value == 0 || value == 1 -> value == 1;
            default ->
                throw error("%s holds something other than true and false".formatted(key(name)));
          };
    }
    return flags;
  }

  /// Whether each layer sees only a window: a true or false per layer, or a number `n` that stands
  /// for all layers but every `n`-th, or what is usual for the family.
  ///
  /// @param usual whether a layer is one if the metadata do not say
  public boolean[] windows(IntPredicate usual) throws FormatException {
    String name = "attention.sliding_window_pattern";
    int layers = layers();
    if (has(name) && metadata.array(key(name)).isPresent()) {
      return flags(name, layers);
    }
    int step = countOrZero(name);
    boolean[] windows = new boolean[layers];
    for (int layer = 0; layer < layers; layer++) {
      windows[layer] = has(name) ? step == 0 || (layer + 1) % step != 0 : usual.test(layer);
    }
    return windows;
  }

  /// Whether each layer has rotary positions. GGUF has no key for it: only a checkpoint folder says
  /// other layers than its family has.
  ///
  /// @param usual whether a layer has them where the metadata say nothing
  public boolean[] rotated(IntPredicate usual) throws FormatException {
    int layers = layers();
    if (has("rope.layers")) {
      return flags("rope.layers", layers);
    }
    boolean[] isRotated = new boolean[layers];
    for (int layer = 0; layer < layers; layer++) {
      isRotated[layer] = usual.test(layer);
    }
    return isRotated;
  }

  /// Whether each layer has rotary positions, in families whose files say so; all have them where
  /// the metadata say nothing.
  public boolean[] rotatedByFile() throws FormatException {
    int layers = layers();
    if (has("attention.rope_pattern")) {
      return flags("attention.rope_pattern", layers);
    }
    boolean[] all = new boolean[layers];
    Arrays.fill(all, true);
    return all;
  }

  /// Layers of the network. Those behind them, which predict further tokens, are no part of it.
  public int layers() throws FormatException {
    int layers = count("block_count");
    if (layers > model.tensors().size()) {
      throw error(
          "%s is %d, but the model has only %d tensors"
              .formatted(key("block_count"), layers, model.tensors().size()));
    }
    int predictors = predictors();
    if (predictors >= layers) {
      throw error(
          "%s is %d, but %s is only %d"
              .formatted(key(PREDICTORS), predictors, key("block_count"), layers));
    }
    if (predictors > 0 && model.tensors().stream().noneMatch(Keys::isOfFirstLayer)) {
      throw error(
          "holds only the layers that predict further tokens: evaluate the model that they belong"
              + " to");
    }
    return layers - predictors;
  }

  /// Layers behind those of the network that predict further tokens.
  int predictors() throws FormatException {
    return countOrZero(PREDICTORS);
  }

  private static boolean isOfFirstLayer(TensorInfo tensor) {
    return tensor.name().startsWith("blk.0.");
  }

  /// Features of the residual stream.
  public int hidden() throws FormatException {
    return count("embedding_length");
  }

  /// Says what is wrong with the model.
  public FormatException error(String problem) {
    return FormatException.in(Path.of(model.name()), problem);
  }
}

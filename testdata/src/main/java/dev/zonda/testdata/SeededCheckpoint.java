package dev.zonda.testdata;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Makes the checkpoint folders of `testdata/families` and `testdata/networks.json`: small files
/// are copied, the weights follow from their names. Those of `testdata/shapes` have holes for
/// weights. `generate_reference.py` next to those files makes the same ones.
///
/// `tensors.txt` has a line per tensor: file, dtype, dimensions separated by commas (`-` for none),
/// name. `{0-3}` in a name stands for all numbers from 0 to 3, `{0,2,5-7}` for those. After a dtype
/// may come a mask for the bits of its numbers (`I32&77777777`) and a power of two that they are
/// divided by (`F16/3`), or the numbers themselves (`I64:3:5`).
public final class SeededCheckpoint {
  private static final Pattern RANGE = Pattern.compile("\\{(\\d+(?:[-,]\\d+)*)}");
  private static final Pattern DTYPE =
      Pattern.compile("(\\w+)(?:&([0-9A-F]+))?(?:/(\\d+))?((?::-?\\d+)*)");

  /// Groups of rows that an index of groups (`g_idx`) chooses from; a power of two.
  private static final int GROUPS = 4;

  private static final String TENSORS = "tensors.txt";

  static final int USUAL_LENGTH = 40;

  private SeededCheckpoint() {}

  /// What weights are like.
  private enum Weights {
    ABOUT_ONE,
    /// Matrices are a quarter, so that a network of them computes as trained ones do.
    OF_A_NETWORK,
    /// A hole in the file, which reads as zeros and takes no disk space.
    HOLES
  }

  /// @param mask of which bits may be set
  /// @param smaller by which power of two values are
  /// @param given values, if they do not follow from the name
  private record Tensor(
      String name, String dtype, List<Long> dimensions, int mask, int smaller, List<Long> given) {
    static Tensor of(String name, String dtype, List<Long> dimensions) {
      Matcher parts = DTYPE.matcher(dtype);
      if (!parts.matches()) {
        throw new IllegalArgumentException("no type " + dtype);
      }
      List<Long> given =
          Stream.of(parts.group(4).split(":", -1)).skip(1).map(Long::valueOf).toList();
      return new Tensor(
          name,
          parts.group(1),
          dimensions,
          parts.group(2) == null ? -1 : Integer.parseUnsignedInt(parts.group(2), 16),
          parts.group(3) == null ? 0 : Integer.parseInt(parts.group(3)),
          given);
    }

    private long elements() {
      return dimensions.stream().reduce(1L, Math::multiplyExact);
    }

    private int valueBytes() {
      return switch (dtype) {
        case "I64", "F64" -> 8;
        case "F32", "I32" -> 4;
        case "F16", "BF16" -> 2;
        case "U8", "I8", "BOOL", "F8_E4M3", "F8_E4M3FNUZ", "F8_E5M2", "F8_E8M0" -> 1;
        default -> throw new IllegalArgumentException("no values of type " + dtype);
      };
    }

    private long bytes() {
      return Math.multiplyExact(elements(), valueBytes());
    }
  }

  /// Writes a checkpoint folder.
  ///
  /// @param name of a folder in `testdata/families`, or of a network in `testdata/networks.json`
  /// @param folder is made; its name is part of what a converter writes
  public static void write(String name, Path folder) throws IOException {
    write(name, folder, Weights.ABOUT_ONE);
  }

  /// Writes a checkpoint folder with smaller matrices: `generate_logits.py` next to the files
  /// computes its logits with transformers.
  ///
  /// @param name as for [#write]
  /// @param folder is made
  public static void writeNetwork(String name, Path folder) throws IOException {
    write(name, folder, Weights.OF_A_NETWORK);
  }

  private static void write(String name, Path folder, Weights weights) throws IOException {
    Files.createDirectories(folder);
    Optional<NetworkVariant> variant = NetworkVariant.of(name);
    Path family = TestData.path("families/" + family(name));
    copy(family, folder);
    List<String> tensors = Files.readAllLines(family.resolve(TENSORS));
    if (variant.isPresent()) {
      variant.get().change(folder.resolve("config.json"));
      tensors = variant.get().change(expandedLines(tensors));
    }
    writeWeights(tensors, folder, weights);
  }

  /// Writes a checkpoint folder with smaller matrices, another configuration, and other tensors.
  ///
  /// @param family of a folder in `testdata/families`, whose other files it takes
  /// @param config text of config.json
  /// @param tensors lines as in `tensors.txt`
  /// @param folder is made
  public static void writeNetwork(String family, String config, List<String> tensors, Path folder)
      throws IOException {
    write(family, config, tensors, folder, Weights.OF_A_NETWORK);
  }

  /// Writes a checkpoint folder with another configuration, and other tensors.
  ///
  /// @param family of a folder in `testdata/families`, whose other files it takes
  /// @param config text of config.json
  /// @param tensors lines as in `tensors.txt`
  /// @param folder is made
  public static void write(String family, String config, List<String> tensors, Path folder)
      throws IOException {
    write(family, config, tensors, folder, Weights.ABOUT_ONE);
  }

  private static void write(
      String family, String config, List<String> tensors, Path folder, Weights weights)
      throws IOException {
    Files.createDirectories(folder);
    copy(TestData.path("families/" + family), folder);
    Files.writeString(folder.resolve("config.json"), config);
    writeWeights(tensors, folder, weights);
  }

  /// The folder of `testdata/families` that a network is made from.
  ///
  /// @param name as for [#write]
  public static String family(String name) throws IOException {
    return NetworkVariant.of(name).map(NetworkVariant::family).orElse(name);
  }

  /// Tokens of the text whose logits are stored.
  ///
  /// @param name as for [#write]
  public static int textLength(String name) throws IOException {
    return NetworkVariant.of(name).map(NetworkVariant::length).orElse(USUAL_LENGTH);
  }

  /// Whether a GGUF file holds all that makes the network what it is.
  ///
  /// @param name as for [#write]
  public static boolean isHeldByFiles(String name) throws IOException {
    return NetworkVariant.of(name).map(NetworkVariant::isHeldByFiles).orElse(true);
  }

  /// A line for each tensor.
  private static List<String> expandedLines(List<String> lines) {
    return lines.stream().flatMap(line -> expanded(line).stream()).toList();
  }

  /// Writes the folder of a large model with holes for weights.
  ///
  /// @param name of a folder in `testdata/shapes`, with config.json and the tensors' shapes
  /// @param vocabulary of a folder in `testdata/families`, whose small vocabulary it gets
  public static void writeSparse(String name, String vocabulary, Path folder) throws IOException {
    Path source = TestData.path("shapes/" + name);
    Files.createDirectories(folder);
    copy(TestData.path("families/" + vocabulary), folder);
    copy(source, folder);
    writeWeights(source, folder, Weights.HOLES);
  }

  private static void copy(Path source, Path folder) throws IOException {
    try (var files = Files.list(source)) {
      for (Path file : files.toList()) {
        if (!file.endsWith(TENSORS)) {
          Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }

  private static void writeWeights(Path source, Path folder, Weights weights) throws IOException {
    writeWeights(Files.readAllLines(source.resolve(TENSORS)), folder, weights);
  }

  private static void writeWeights(List<String> lines, Path folder, Weights weights)
      throws IOException {
    Map<String, List<Tensor>> byFile = new LinkedHashMap<>();
    for (String line : lines) {
      String[] fields = line.split(" ", -1);
      List<Tensor> tensors = byFile.computeIfAbsent(fields[0], file -> new ArrayList<>());
      for (String tensor : expanded(fields[3])) {
        tensors.add(Tensor.of(tensor, fields[1], dimensions(fields[2])));
      }
    }
    for (Map.Entry<String, List<Tensor>> file : byFile.entrySet()) {
      writeFile(folder.resolve(file.getKey()), file.getValue(), weights);
    }
    boolean needsIndex =
        byFile.keySet().stream().noneMatch(file -> file.startsWith("consolidated"));
    if (byFile.size() > 1 && needsIndex) {
      writeIndex(folder, byFile);
    }
  }

  private static List<Long> dimensions(String field) {
    List<Long> dimensions = new ArrayList<>();
    if (!field.equals("-")) {
      for (String dimension : field.split(",", -1)) {
        dimensions.add(Long.valueOf(dimension));
      }
    }
    return dimensions;
  }

  static List<String> expanded(String name) {
    Matcher range = RANGE.matcher(name);
    if (!range.find()) {
      return List.of(name);
    }
    List<String> names = new ArrayList<>();
    for (String part : range.group(1).split(",", -1)) {
      String[] ends = part.split("-", -1);
      int last = Integer.parseInt(ends[ends.length - 1]);
      for (int i = Integer.parseInt(ends[0]); i <= last; i++) {
        names.addAll(expanded(name.substring(0, range.start()) + i + name.substring(range.end())));
      }
    }
    return names;
  }

  private static void writeIndex(Path folder, Map<String, List<Tensor>> byFile) throws IOException {
    StringJoiner map = new StringJoiner(",", "{\"weight_map\":{", "}}");
    byFile.forEach((file, tensors) ->
        tensors.forEach(tensor -> map.add("\"%s\":\"%s\"".formatted(tensor.name(), file))));
    Files.writeString(folder.resolve("model.safetensors.index.json"), map.toString());
  }

  private static void writeFile(Path file, List<Tensor> tensors, Weights weights)
      throws IOException {
    StringJoiner header = new StringJoiner(",", "{", "}");
    long end = 0;
    for (Tensor tensor : tensors) {
      long start = end;
      end = Math.addExact(end, tensor.bytes());
      header.add(
          "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(tensor.name(), tensor.dtype(), tensor.dimensions(), start, end));
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      ByteBuffer prefix = ByteBuffer.allocate(8 + json.length).order(ByteOrder.LITTLE_ENDIAN);
      channel.write(prefix.putLong(json.length).put(json).flip());
      if (weights == Weights.HOLES) {
        channel.write(ByteBuffer.allocate(1), prefix.limit() + end - 1);
      } else {
        for (Tensor tensor : tensors) {
          channel.write(values(tensor, weights == Weights.OF_A_NETWORK ? 2 : 0));
        }
      }
    }
  }

  /// @param smallerMatrices by which power of two matrices are
  private static ByteBuffer values(Tensor tensor, int smallerMatrices) {
    int smaller = (tensor.dimensions().size() > 1 ? smallerMatrices : 0) + tensor.smaller();
    ByteBuffer values =
        ByteBuffer.allocate(Math.toIntExact(tensor.bytes())).order(ByteOrder.LITTLE_ENDIAN);
    for (long given : tensor.given()) {
      if (tensor.dtype().equals("I64")) {
        values.putLong(given);
      } else {
        values.putInt((int) given);
      }
    }
    int seed = seed(tensor.name());
    boolean isIndex = tensor.name().endsWith(".g_idx");
    boolean isScale = smaller > 0 && tensor.name().endsWith("_scales");
    for (int i = tensor.given().size(); i < tensor.elements(); i++) {
      int bits = mixed(seed + i * 0x9E3779B9);
      switch (tensor.dtype()) {
        case "F64" -> values.putLong(doublePrecision(bits, smaller));
        case "F32" -> values.putInt(number(bits, 23, 120 - smaller, 7, 31) & tensor.mask());
        case "BF16" ->
            values.putShort((short) (number(bits, 7, 120 - smaller, 7, 15) & tensor.mask()));
        case "F16" ->
            values.putShort((short) (number(bits, 10, 11 - smaller, 3, 15) & tensor.mask()));
        case "I32" -> values.putInt((isIndex ? bits & (GROUPS - 1) : bits) & tensor.mask());
        case "U8" -> values.put((byte) (isScale ? 121 + (bits & 3) : bits & tensor.mask()));
        case "I8" -> values.put((byte) (bits & tensor.mask()));
        case "F8_E8M0" -> values.put((byte) (120 - smaller + (bits & 3)));
        case "BOOL" -> values.put((byte) (bits & 1));
        default -> values.put((byte) (bits & 0xF7 & tensor.mask()));
      }
    }
    return values.flip();
  }

  /// A number of about one that single precision cannot hold.
  private static long doublePrecision(int random, int smaller) {
    long top = 1016L - smaller + ((random >>> 28) & 7);
    long mantissa = (long) (random & 0xFFFFFFF) << 24 | (mixed(random) & 0xFFFFFF);
    return (long) (random >>> 31) << 63 | top << 52 | mantissa;
  }

  /// A finite number of about one.
  ///
  /// @param mantissa its bits
  /// @param exponent the least
  /// @param exponents one less than how many there are
  /// @param sign bit of the sign
  private static int number(int random, int mantissa, int exponent, int exponents, int sign) {
    int top = exponent + ((random >>> 28) & exponents);
    return ((random >>> 31) << sign) | (top << mantissa) | (random & ((1 << mantissa) - 1));
  }

  /// FNV-1a.
  private static int seed(String name) {
    int hash = 0x811C9DC5;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xFF)) * 0x01000193;
    }
    return hash;
  }

  /// The finalizer of MurmurHash3.
  private static int mixed(int value) {
    int bits = (value ^ (value >>> 16)) * 0x85EBCA6B;
    bits = (bits ^ (bits >>> 13)) * 0xC2B2AE35;
    return bits ^ (bits >>> 16);
  }
}

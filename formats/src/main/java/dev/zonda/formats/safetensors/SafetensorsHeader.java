package dev.zonda.formats.safetensors;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.io.InputFile;
import dev.zonda.formats.io.JsonInput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// Everything before the data in one safetensors file, checked against the file's size.
///
/// @param tensors in the order of the header, offsets counted from the start of the file
record SafetensorsHeader(Metadata metadata, List<TensorInfo> tensors) {
  static final String METADATA_KEY = "__metadata__";

  /// Bytes of the length before the header.
  static final long LENGTH_BYTES = Long.BYTES;

  static final int MOST_TENSORS = 1 << 18;
  static final int MOST_METADATA = 1 << 16;

  /// PyTorch allows 64.
  static final int MOST_DIMENSIONS = 64;

  static SafetensorsHeader read(InputFile file) throws IOException {
    long length = length(file);
    long dataOffset = LENGTH_BYTES + length;
    try (JsonInput json = JsonInput.open(file, LENGTH_BYTES, length)) {
      Metadata metadata = Metadata.empty();
      List<TensorInfo> tensors = new ArrayList<>();
      while (json.nextKey()) {
        String key = json.key();
        if (key.equals(METADATA_KEY)) {
          metadata = metadata(json);
        } else if (tensors.size() == MOST_TENSORS) {
          throw json.fault("the header lists more than " + MOST_TENSORS + " tensors");
        } else {
          tensors.add(tensor(json, key, dataOffset));
        }
      }
      json.end();
      requireExactCover(file.path(), tensors, dataOffset, file.size());
      return new SafetensorsHeader(metadata, List.copyOf(tensors));
    }
  }

  private static long length(InputFile file) throws IOException {
    if (file.size() == 0) {
      throw FormatException.in(
          file.path(), "is empty, as after a failed download: download it again");
    }
    long length = file.cursor(0, LENGTH_BYTES).i64("length of the header");
    if (length < 0 || length > JsonInput.MOST_BYTES) {
      throw FormatException.at(
          file.path(),
          0,
          "length of the header is %s, expected at most %d"
              .formatted(Long.toUnsignedString(length), JsonInput.MOST_BYTES));
    }
    if (length > file.size() - LENGTH_BYTES) {
      throw FormatException.at(
          file.path(),
          0,
          "length of the header is %d, more than the %d bytes left in the file can hold"
              .formatted(length, file.size() - LENGTH_BYTES));
    }
    return length;
  }

  private static Metadata metadata(JsonInput json) throws FormatException {
    Metadata.Builder metadata = Metadata.builder();
    json.object(METADATA_KEY);
    for (int count = 0; json.nextKey(); count++) {
      if (count == MOST_METADATA) {
        throw json.fault(METADATA_KEY + " has more than " + MOST_METADATA + " keys");
      }
      String key = json.key();
      metadata.putText(key, json.string(METADATA_KEY + " '" + key + "'"));
    }
    return metadata.build();
  }

  /// One entry; keys that the specification does not know are ignored, as Hugging Face's library
  /// does.
  private static TensorInfo tensor(JsonInput json, String name, long dataOffset)
      throws FormatException {
    String field = "tensor '" + name + "'";
    Optional<String> dtype = Optional.empty();
    Optional<long[]> dimensions = Optional.empty();
    Optional<long[]> offsets = Optional.empty();
    json.object(field);
    while (json.nextKey()) {
      switch (json.key()) {
        case "dtype" -> dtype = Optional.of(json.string("dtype of " + field));
        case "shape" ->
            dimensions = Optional.of(json.numbers("shape of " + field, MOST_DIMENSIONS));
        case "data_offsets" -> offsets = Optional.of(json.numbers("data_offsets of " + field, 2));
        default -> json.skip();
      }
    }
    TensorSpec spec =
        spec(
            json,
            name,
            dtype.orElseThrow(() -> json.fault(field + " has no dtype")),
            dimensions.orElseThrow(() -> json.fault(field + " has no shape")));
    long[] range = offsets.orElseThrow(() -> json.fault(field + " has no data_offsets"));
    if (range.length != 2 || range[1] < range[0]) {
      throw json.fault(field + " has data_offsets that are not a range, expected [begin, end]");
    }
    if (range[1] - range[0] != spec.bytes()) {
      throw json.fault(
          "%s has %d bytes by its data_offsets, but %d by its dtype and shape"
              .formatted(field, range[1] - range[0], spec.bytes()));
    }
    try {
      return new TensorInfo(spec, Math.addExact(dataOffset, range[0]));
    } catch (ArithmeticException e) {
      throw json.fault(field + " has data_offsets that do not fit in 63 bits");
    }
  }

  private static TensorSpec spec(JsonInput json, String name, String dtype, long[] dimensions)
      throws FormatException {
    String field = "tensor '" + name + "'";
    TensorType type =
        TensorType.ofSafetensorsName(dtype)
            .orElseThrow(() -> json.fault(field + " has the unknown dtype '" + dtype + "'"));
    try {
      return new TensorSpec(name, type, Shape.of(dimensions));
    } catch (ArithmeticException e) {
      throw json.fault(field + " has more bytes than fit in 63 bits");
    } catch (IllegalArgumentException e) {
      throw json.fault(
          field + " has rows that are not a whole number of bytes, which zonda does not read");
    }
  }

  /// The specification wants the data covered exactly, so that nothing can hide in holes.
  private static void requireExactCover(
      Path file, List<TensorInfo> tensors, long dataOffset, long fileBytes) throws FormatException {
    List<TensorInfo> sorted =
        tensors.stream()
            .sorted(
                Comparator.comparingLong(TensorInfo::offset).thenComparingLong(TensorInfo::bytes))
            .toList();
    long position = dataOffset;
    for (TensorInfo tensor : sorted) {
      String field = "tensor '" + tensor.name() + "'";
      if (tensor.offset() != position) {
        throw FormatException.at(
            file,
            Math.min(position, tensor.offset()),
            tensor.offset() < position
                ? field + " overlaps the tensor before it"
                : "a hole of " + (tensor.offset() - position) + " bytes before " + field);
      }
      if (tensor.bytes() > fileBytes - position) {
        throw FormatException.at(
            file,
            position,
            "%s takes %d bytes, but only %d are left in the file; is it truncated?"
                .formatted(field, tensor.bytes(), fileBytes - position));
      }
      position += tensor.bytes();
    }
    if (position != fileBytes) {
      throw FormatException.at(
          file, position, (fileBytes - position) + " bytes follow the last tensor");
    }
  }
}

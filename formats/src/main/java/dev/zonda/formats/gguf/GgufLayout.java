package dev.zonda.formats.gguf;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.output.FileLayout;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Where everything will lie in a GGUF v3 file: planned whole before the first byte is written, so
/// that tensors can be written in any order and by many threads.
///
/// @param metadata key/values, in order
/// @param tensors tensors in file order, offsets counted from the start of the file
/// @param alignment of each tensor's first byte
/// @param dataOffset first byte of the data section
/// @param fileBytes size of the whole file
public record GgufLayout(
    Metadata metadata, List<TensorInfo> tensors, long alignment, long dataOffset, long fileBytes)
    implements FileLayout {
  /// The alignment if the metadata names none.
  public static final long DEFAULT_ALIGNMENT = 32;

  /// The metadata key of the alignment.
  public static final String ALIGNMENT_KEY = "general.alignment";

  private static final long HEADER_BYTES = 4 + 4 + 8 + 8;

  public GgufLayout {
    tensors = List.copyOf(tensors);
  }

  /// Plans a file: tensors follow each other in the given order, each padded to the alignment that
  /// the metadata names (`general.alignment`), or 32.
  ///
  /// @throws IllegalArgumentException if a name appears twice, is too long or is not text, a type
  ///   has no GGUF id, or the alignment is not what readers accept
  /// @throws ArithmeticException if the file's size overflows 64 bits
  public static GgufLayout plan(Metadata metadata, List<TensorSpec> specs) {
    long alignment = alignment(metadata);
    long header = HEADER_BYTES;
    for (var entry : metadata.entries().entrySet()) {
      requireName("metadata key", entry.getKey(), GgufHeader.MOST_KEY_BYTES);
      header = Math.addExact(header, textBytes(entry.getKey()) + 4 + valueBytes(entry.getValue()));
    }
    Set<String> names = new HashSet<>();
    for (TensorSpec spec : specs) {
      requireName("tensor", spec.name(), GgufTensorTable.MOST_NAME_BYTES);
      if (!names.add(spec.name())) {
        throw new IllegalArgumentException("tensor '" + spec.name() + "' appears twice");
      }
      if (!spec.type().isGgml()) {
        throw new IllegalArgumentException(
            "tensor '" + spec.name() + "': GGUF has no type " + spec.type());
      }
      header = Math.addExact(header, textBytes(spec.name()) + 4 + 8L * spec.shape().rank() + 4 + 8);
    }
    long dataOffset = align(header, alignment);
    long position = dataOffset;
    List<TensorInfo> tensors = new ArrayList<>(specs.size());
    for (TensorSpec spec : specs) {
      tensors.add(new TensorInfo(spec, position));
      position = align(Math.addExact(position, spec.bytes()), alignment);
    }
    return new GgufLayout(metadata, tensors, alignment, dataOffset, position);
  }

  @Override
  public void writeHeader(OutputStream out) throws IOException {
    new GgufEncoder(out).header(this);
  }

  /// Why a text cannot be the name of a tensor, worded to follow the name; empty if it can.
  public static Optional<String> problemOfTensorName(String name) {
    return problemOfName(name, GgufTensorTable.MOST_NAME_BYTES);
  }

  private static Optional<String> problemOfName(String name, int mostBytes) {
    Optional<String> problem = GgufText.problemOfName(name);
    if (problem.isPresent() || GgufText.encode(name).length <= mostBytes) {
      return problem;
    }
    return Optional.of("is longer than %d bytes".formatted(mostBytes));
  }

  private static void requireName(String what, String name, int mostBytes) {
    Optional<String> problem = problemOfName(name, mostBytes);
    if (problem.isPresent()) {
      throw new IllegalArgumentException("%s '%s' %s".formatted(what, name, problem.get()));
    }
  }

  /// Whether readers accept this alignment: a power of two (ggml) and a multiple of 8 (the
  /// specification).
  static boolean isAlignment(long alignment) {
    return alignment >= 8 && Long.bitCount(alignment) == 1;
  }

  private static long alignment(Metadata metadata) {
    return switch (metadata
        .get(ALIGNMENT_KEY)
        .orElse(new MetadataValue.Uint32(DEFAULT_ALIGNMENT))) {
      case MetadataValue.Uint32(long alignment) when isAlignment(alignment) -> alignment;
      case MetadataValue other ->
          throw new IllegalArgumentException(
              ALIGNMENT_KEY
                  + " is "
                  + other
                  + ", expected a UINT32 that is a power of two of at least 8");
    };
  }

  /// The next multiple of the alignment.
  static long align(long position, long alignment) {
    return Math.addExact(position, alignment - 1) / alignment * alignment;
  }

  private static long textBytes(String text) {
    return 8L + GgufText.encode(text).length;
  }

  /// Bytes of a value without the type id before it. The depth was limited when the value was
  /// built.
  private static long valueBytes(MetadataValue value) {
    return switch (value) {
      case MetadataValue.Text(String text) -> textBytes(text);
      case MetadataValue.Array array when array.elementType().hasFixedSize() ->
          4 + 8 + Math.multiplyExact((long) array.elementType().bytes(), array.values().size());
      case MetadataValue.Array(_, PackedStrings strings) -> 4 + 8 + strings.packedBytes();
      case MetadataValue.Array array -> {
        long bytes = 4 + 8;
        for (MetadataValue element : array.values()) {
          bytes = Math.addExact(bytes, valueBytes(element));
        }
        yield bytes;
      }
      default -> value.type().bytes();
    };
  }
}

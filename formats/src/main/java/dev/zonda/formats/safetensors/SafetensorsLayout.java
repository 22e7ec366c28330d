package dev.zonda.formats.safetensors;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.io.JsonInput;
import dev.zonda.formats.output.FileLayout;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Where everything will lie in a safetensors file: planned whole before the first byte is written,
/// so that tensors can be written in any order and by many threads.
///
/// @param metadata strings only
/// @param tensors tensors in file order, offsets counted from the start of the file
/// @param dataOffset first byte of the data
/// @param fileBytes size of the whole file
public record SafetensorsLayout(
    Metadata metadata, List<TensorInfo> tensors, long dataOffset, long fileBytes)
    implements FileLayout {
  /// How the libraries order names, in Rust and in Python; Java's own order is that of UTF-16,
  /// where characters beyond U+FFFF come before some of the others.
  static final Comparator<String> BY_CODE_POINTS =
      Comparator.comparing(name -> name.codePoints().toArray(), Arrays::compare);

  /// The header is filled with spaces up to a multiple of this.
  private static final int HEADER_ALIGNMENT = 8;

  /// The order of types in a file of Hugging Face's safetensors library.
  private static final List<TensorType> ORDER =
      List.of(
          TensorType.U64,
          TensorType.I64,
          TensorType.F64,
          TensorType.C64,
          TensorType.F32,
          TensorType.U32,
          TensorType.I32,
          TensorType.BF16,
          TensorType.F16,
          TensorType.U16,
          TensorType.I16,
          TensorType.F8_E5M2FNUZ,
          TensorType.F8_E4M3FNUZ,
          TensorType.F8_E8M0,
          TensorType.F8_E4M3,
          TensorType.F8_E5M2,
          TensorType.I8,
          TensorType.U8,
          TensorType.F6_E3M2,
          TensorType.F6_E2M3,
          TensorType.F4,
          TensorType.BOOL);

  public SafetensorsLayout {
    tensors = List.copyOf(tensors);
  }

  /// Plans a file. The tensors with the widest values come first, those of one type by name: as
  /// Hugging Face's library does, so that every value is aligned although no byte may be left out
  /// between tensors.
  ///
  /// @throws IllegalArgumentException if a name appears twice or is reserved, a type has no
  ///   safetensors name, a metadata value is not a string, or the header is longer than readers
  ///   accept
  /// @throws ArithmeticException if the file's size overflows 64 bits
  public static SafetensorsLayout plan(Metadata metadata, List<TensorSpec> specs) {
    List<TensorSpec> sorted =
        specs.stream()
            .sorted(
                Comparator.comparingInt((TensorSpec spec) -> ORDER.indexOf(spec.type()))
                    .thenComparing(TensorSpec::name, BY_CODE_POINTS))
            .toList();
    requireWritable(metadata, sorted);
    List<TensorInfo> relative = place(sorted, 0);
    long dataOffset = SafetensorsHeader.LENGTH_BYTES + header(metadata, relative, 0).length;
    if (dataOffset > JsonInput.MOST_BYTES) {
      throw new IllegalArgumentException("the header would have " + dataOffset + " bytes");
    }
    List<TensorInfo> tensors = place(sorted, dataOffset);
    long end = dataOffset;
    for (TensorInfo tensor : tensors) {
      end = Math.addExact(tensor.offset(), tensor.bytes());
    }
    return new SafetensorsLayout(metadata, tensors, dataOffset, end);
  }

  /// The length of the JSON header, and the header, filled up to its alignment.
  @Override
  public void writeHeader(OutputStream out) throws IOException {
    byte[] header = header(metadata, tensors, dataOffset);
    out.write(
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .array());
    out.write(header);
  }

  private static void requireWritable(Metadata metadata, List<TensorSpec> specs) {
    for (var entry : metadata.entries().entrySet()) {
      if (!(entry.getValue() instanceof MetadataValue.Text)) {
        throw new IllegalArgumentException(
            "metadata '"
                + entry.getKey()
                + "' is not a string, and safetensors holds no other values");
      }
    }
    Set<String> names = new HashSet<>();
    for (TensorSpec spec : specs) {
      if (spec.name().equals(SafetensorsHeader.METADATA_KEY) || !names.add(spec.name())) {
        throw new IllegalArgumentException(
            "tensor '" + spec.name() + "' appears twice, or its name is reserved");
      }
      if (spec.type().safetensorsName().isEmpty()) {
        throw new IllegalArgumentException(
            "tensor '" + spec.name() + "': safetensors has no type " + spec.type());
      }
    }
  }

  private static List<TensorInfo> place(List<TensorSpec> specs, long start) {
    List<TensorInfo> tensors = new ArrayList<>(specs.size());
    long position = start;
    for (TensorSpec spec : specs) {
      tensors.add(new TensorInfo(spec, position));
      position = Math.addExact(position, spec.bytes());
    }
    return tensors;
  }

  private static byte[] header(Metadata metadata, List<TensorInfo> tensors, long dataOffset) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json =
        JsonFactory.builder().build().createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeStartObject();
      if (metadata.size() > 0) {
        json.writeObjectPropertyStart(SafetensorsHeader.METADATA_KEY);
        for (String key : metadata.entries().keySet()) {
          json.writeStringProperty(key, metadata.text(key).orElseThrow());
        }
        json.writeEndObject();
      }
      for (TensorInfo tensor : tensors) {
        writeTensor(json, tensor, tensor.offset() - dataOffset);
      }
      json.writeEndObject();
    }
    int length = out.size();
    int padding = -length & (HEADER_ALIGNMENT - 1);
    byte[] header = Arrays.copyOf(out.toByteArray(), length + padding);
    Arrays.fill(header, length, header.length, (byte) ' ');
    return header;
  }

  private static void writeTensor(JsonGenerator json, TensorInfo tensor, long begin) {
    json.writeObjectPropertyStart(tensor.name());
    json.writeStringProperty("dtype", tensor.type().safetensorsName().orElseThrow());
    json.writeArrayPropertyStart("shape");
    for (long dimension : tensor.shape().toArray()) {
      json.writeNumber(dimension);
    }
    json.writeEndArray();
    json.writeArrayPropertyStart("data_offsets");
    json.writeNumber(begin);
    json.writeNumber(begin + tensor.bytes());
    json.writeEndArray();
    json.writeEndObject();
  }
}

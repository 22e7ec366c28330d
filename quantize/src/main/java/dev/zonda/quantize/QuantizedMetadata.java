package dev.zonda.quantize;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.imatrix.ImportanceMatrix;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// The metadata of a quantized file: those of its source, in order, with the keys that change at
/// the end, where the reference moves them, and in its order: what it says of itself, what the user
/// sets, the importance matrix, the number of layers if some are left out.
final class QuantizedMetadata {
  /// `GGML_QNT_VERSION`: the version of the block formats.
  private static final long QUANTIZATION_VERSION = 2;

  /// The reference keeps so many bytes of a text.
  private static final int MOST_TEXT_BYTES = 127;

  /// `LLAMA_FTYPE_GUESSED`.
  private static final long GUESSED = 1024;

  private QuantizedMetadata() {}

  /// The source's metadata with the user's values, which decide on the types too.
  static Metadata overridden(Metadata source, Recipe recipe) {
    Metadata.Builder metadata = source.toBuilder();
    recipe.overrides().forEach(override -> metadata.put(override.key(), override.value()));
    return metadata.build();
  }

  static Metadata of(
      Metadata source, List<TensorInfo> tensors, Recipe recipe, LayerPruning pruning) {
    Metadata.Builder metadata =
        source.toBuilder()
            .remove("general.quantization_version")
            .remove("general.file_type")
            .putUint32("general.quantization_version", QUANTIZATION_VERSION)
            .putUint32("general.file_type", fileTypeId(source, tensors, recipe))
            // The new file is whole.
            .remove("split.no")
            .remove("split.count")
            .remove("split.tensors.count");
    for (MetadataOverride override : recipe.overrides()) {
      metadata.remove(override.key()).put(override.key(), override.value());
    }
    recipe.importance().ifPresent(matrix -> tell(matrix, metadata));
    return pruning.apply(metadata.build());
  }

  private static long fileTypeId(Metadata source, List<TensorInfo> tensors, Recipe recipe) {
    return recipe.fileType() == FileType.COPY
        ? source.integer("general.file_type").orElseGet(() -> guessedId(tensors))
        : recipe.fileType().id();
  }

  /// The id of the type that most tensors have, marked as a guess.
  private static long guessedId(List<TensorInfo> tensors) {
    Map<TensorType, Integer> counts = new EnumMap<>(TensorType.class);
    TensorType most = TensorType.F32;
    for (TensorInfo tensor : tensors) {
      int count = counts.merge(tensor.type(), 1, Integer::sum);
      if (count > counts.getOrDefault(most, 0)) {
        most = tensor.type();
      }
    }
    FileType guess =
        switch (most) {
          case Q3_K -> FileType.Q3_K_M;
          case Q4_K -> FileType.Q4_K_M;
          case Q5_K -> FileType.Q5_K_M;
          default -> FileType.named(most.name()).orElse(FileType.F32);
        };
    return GUESSED | guess.id();
  }

  private static void tell(ImportanceMatrix matrix, Metadata.Builder metadata) {
    metadata.remove("quantize.imatrix.file");
    metadata.putText("quantize.imatrix.file", shortened(matrix.file().toString()));
    matrix
        .dataset()
        .ifPresent(dataset ->
            metadata
                .remove("quantize.imatrix.dataset")
                .putText("quantize.imatrix.dataset", shortened(dataset)));
    metadata.remove("quantize.imatrix.entries_count");
    metadata.putUint32("quantize.imatrix.entries_count", matrix.size());
    if (matrix.chunks() > 0) {
      metadata.remove("quantize.imatrix.chunks_count");
      metadata.putUint32("quantize.imatrix.chunks_count", matrix.chunks());
    }
  }

  /// Whole characters only.
  private static String shortened(String text) {
    int end = text.length();
    while (text.substring(0, end).getBytes(StandardCharsets.UTF_8).length > MOST_TEXT_BYTES) {
      end = text.offsetByCodePoints(end, -1);
    }
    return text.substring(0, end);
  }
}

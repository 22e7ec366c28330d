package dev.zonda.quantize;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.quantize.imatrix.ImportanceMatrix;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// The metadata of a quantized file: those of its source, in order, with the changed keys at the
/// end, where llama-quantize moves them, in its order: version and file type, the user's overrides,
/// the importance matrix, the number of layers if some are left out.
final class QuantizedMetadata {
  /// `GGML_QNT_VERSION`: the version of the block formats.
  private static final long QUANTIZATION_VERSION = 2;

  /// llama-quantize keeps this many bytes of a text.
  private static final int MOST_TEXT_BYTES = 127;

  /// `LLAMA_FTYPE_GUESSED`.
  private static final long GUESSED = 1024;

  /// `LLAMA_FTYPE_MOSTLY_NVFP4`, which llama-quantize does not offer.
  private static final int MOSTLY_NVFP4 = 39;

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
            // The new file is not split.
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
    return GUESSED | usualId(most);
  }

  /// The id of files that mostly have this type, or that of F32 if llama.cpp has none.
  private static int usualId(TensorType type) {
    return switch (type) {
      case F16 -> FileType.F16.id();
      case BF16 -> FileType.BF16.id();
      case Q8_0 -> FileType.Q8_0.id();
      case Q4_0 -> FileType.Q4_0.id();
      case Q4_1 -> FileType.Q4_1.id();
      case Q5_0 -> FileType.Q5_0.id();
      case Q5_1 -> FileType.Q5_1.id();
      case Q2_K -> FileType.Q2_K.id();
      case Q6_K -> FileType.Q6_K.id();
      case Q3_K -> FileType.Q3_K_M.id();
      case Q4_K -> FileType.Q4_K_M.id();
      case Q5_K -> FileType.Q5_K_M.id();
      case IQ1_S -> FileType.IQ1_S.id();
      case IQ1_M -> FileType.IQ1_M.id();
      case IQ2_XXS -> FileType.IQ2_XXS.id();
      case IQ2_XS -> FileType.IQ2_XS.id();
      case IQ2_S -> FileType.IQ2_S.id();
      case IQ3_XXS -> FileType.IQ3_XXS.id();
      case IQ3_S -> FileType.IQ3_S.id();
      case IQ4_NL -> FileType.IQ4_NL.id();
      case IQ4_XS -> FileType.IQ4_XS.id();
      case TQ1_0 -> FileType.TQ1_0.id();
      case TQ2_0 -> FileType.TQ2_0.id();
      case Q1_0 -> FileType.Q1_0.id();
      case Q2_0 -> FileType.Q2_0.id();
      case NVFP4 -> MOSTLY_NVFP4;
      case F32,
          Q8_1,
          Q8_K,
          I8,
          I16,
          I32,
          I64,
          F64,
          MXFP4,
          BOOL,
          U8,
          U16,
          U32,
          U64,
          C64,
          F8_E5M2,
          F8_E4M3,
          F8_E8M0,
          F8_E4M3FNUZ,
          F8_E5M2FNUZ,
          F6_E2M3,
          F6_E3M2,
          F4 ->
          FileType.F32.id();
    };
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

  /// Cuts between characters only.
  private static String shortened(String text) {
    int end = text.length();
    while (text.substring(0, end).getBytes(StandardCharsets.UTF_8).length > MOST_TEXT_BYTES) {
      end = text.offsetByCodePoints(end, -1);
    }
    return text.substring(0, end);
  }
}

package dev.zonda.convert;

import dev.zonda.formats.TensorType;
import java.util.Optional;

/// The type of a conversion's matrices; vectors and norms are always F32, experts in MXFP4 stay as
/// they are.
public enum OutputType {
  F32(TensorType.F32, 0),
  F16(TensorType.F16, 1),
  BF16(TensorType.BF16, 32),
  /// The 16-bit type of the checkpoint's own matrices; F16 if it has none.
  AUTO(null, -1),
  /// For each matrix, the type that holds its values without rounding: its own, or F32 where they
  /// are computed, as those of quantized matrices are. No file is written so, because llama.cpp's
  /// converter has no such type.
  EXACT(null, -1);

  private final TensorType type;
  private final int fileType;

  OutputType(TensorType type, int fileType) {
    this.type = type;
    this.fileType = fileType;
  }

  /// The tensor type of all matrices, unless it depends on the checkpoint.
  public Optional<TensorType> type() {
    return Optional.ofNullable(type);
  }

  /// The number in `general.file_type` (llama.cpp's `llama_ftype`).
  int fileType() {
    if (type == null) {
      throw new IllegalStateException(this + " is not a type of files");
    }
    return fileType;
  }

  static OutputType of(TensorType type) {
    for (OutputType output : values()) {
      if (output.type == type) {
        return output;
      }
    }
    throw new IllegalArgumentException(type + " is not an output type");
  }
}

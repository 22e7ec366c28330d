package dev.zonda.convert;

import dev.zonda.formats.TensorType;
import java.util.Optional;

/// The type of a conversion's matrices; vectors and norms are always F32.
public enum OutputType {
  F32(TensorType.F32, 0),
  F16(TensorType.F16, 1),
  BF16(TensorType.BF16, 32),
  /// The 16-bit type of the checkpoint's own matrices; F16 if it has none.
  AUTO(null, -1);

  private final TensorType type;
  private final int fileType;

  OutputType(TensorType type, int fileType) {
    this.type = type;
    this.fileType = fileType;
  }

  /// The tensor type, unless it depends on the checkpoint.
  public Optional<TensorType> type() {
    return Optional.ofNullable(type);
  }

  /// The number in `general.file_type` (llama.cpp's `llama_ftype`).
  int fileType() {
    if (this == AUTO) {
      throw new IllegalStateException("auto is no type of a file");
    }
    return fileType;
  }

  static OutputType of(TensorType type) {
    for (OutputType output : values()) {
      if (output.type == type) {
        return output;
      }
    }
    throw new IllegalArgumentException(type + " is no output type");
  }
}

package dev.zonda.formats;

/// A tensor and where its bytes lie.
///
/// @param spec name, type and shape
/// @param offset first byte, counted from the start of the file that holds the tensor
public record TensorInfo(TensorSpec spec, long offset) {
  public TensorInfo {
    if (offset < 0) {
      throw new IllegalArgumentException("negative offset " + offset);
    }
  }

  public String name() {
    return spec.name();
  }

  public TensorType type() {
    return spec.type();
  }

  public Shape shape() {
    return spec.shape();
  }

  public long bytes() {
    return spec.bytes();
  }

  public long rowBytes() {
    return spec.rowBytes();
  }
}

package dev.zonda.verify.kernels;

/// Cosines and sines of rotary positions, as strip rows: `[strips][pairs][lanes]`.
///
/// @param pairs of features that are rotated in each head
@SuppressWarnings("ArrayRecordComponent") // A table, never compared.
public record RotaryTable(float[] cos, float[] sin, int pairs, int lanes) {
  /// The table for positions from zero.
  ///
  /// @param frequencies angle per position, for each pair
  public static RotaryTable of(double[] frequencies, int strips, int lanes) {
    int size = Math.multiplyExact(Math.multiplyExact(strips, frequencies.length), lanes);
    float[] cos = new float[size];
    float[] sin = new float[size];
    int at = 0;
    for (int strip = 0; strip < strips; strip++) {
      for (double frequency : frequencies) {
        for (int lane = 0; lane < lanes; lane++) {
          // Math.cos may differ between platforms; StrictMath does not.
          double angle = ((long) strip * lanes + lane) * frequency;
          cos[at] = (float) StrictMath.cos(angle);
          sin[at] = (float) StrictMath.sin(angle);
          at++;
        }
      }
    }
    return new RotaryTable(cos, sin, frequencies.length, lanes);
  }

  /// Rotates the first `2 * pairs` features of every head of a strip.
  ///
  /// @param position which strip of its sequence it is
  public void rotate(
      Kernels kernels, Activations x, int strip, int heads, int headLength, int position) {
    for (int head = 0; head < heads; head++) {
      kernels.rotate(
          x.values(), x.at(strip, head * headLength), cos, sin, position * pairs * lanes, pairs);
    }
  }
}

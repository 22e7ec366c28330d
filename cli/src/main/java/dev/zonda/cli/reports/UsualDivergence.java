package dev.zonda.cli.reports;

import java.util.List;

/// What quantization usually costs: the largest mean divergence that is not a reason to look for an
/// error, by bits per weight. docs/accuracy.md has the same table, and says where it comes from.
final class UsualDivergence {
  /// @param bits per weight, at least
  /// @param most mean divergence in nats
  record Row(double bits, double most) {}

  private static final List<Row> ROWS =
      List.of(
          new Row(15.5, 0.002),
          new Row(8, 0.005),
          new Row(6.3, 0.02),
          new Row(5.3, 0.05),
          new Row(4.2, 0.1),
          new Row(3.8, 0.2),
          new Row(3.3, 0.35),
          new Row(2.9, 0.7),
          new Row(2.2, 1.2),
          new Row(0, 3));

  private UsualDivergence() {}

  /// The rows, from many bits to few.
  static List<Row> rows() {
    return ROWS;
  }

  static double most(double bitsPerWeight) {
    return ROWS.stream()
        .filter(row -> bitsPerWeight >= row.bits())
        .findFirst()
        .orElse(ROWS.getLast())
        .most();
  }
}

package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Matrices whose products with the same activations lie one after the other: queries, keys and
/// values, for example. In some files they are one matrix.
record Projections(List<Linear> linears) {
  /// Uses the one matrix if it exists, and the several otherwise.
  ///
  /// @param fused name of the one matrix, without `.weight`
  /// @param names of the several
  /// @param rows of each of the several
  static Projections of(
      Tensors tensors, String fused, List<String> names, List<Integer> rows, int columns)
      throws FormatException {
    if (tensors.has(fused + ".weight") && !tensors.has(names.getFirst() + ".weight")) {
      int all = rows.stream().reduce(0, Math::addExact);
      return new Projections(List.of(tensors.linear(fused, all, columns)));
    }
    List<Linear> linears = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      linears.add(tensors.linear(names.get(i), rows.get(i), columns));
    }
    return new Projections(linears);
  }

  void multiply(Pass pass, Activations x, Activations out) throws IOException {
    int from = 0;
    for (Linear linear : linears) {
      int rows = linear.weights().rows();
      pass.multiply(linear, x, out.part(from, rows));
      from += rows;
    }
  }
}

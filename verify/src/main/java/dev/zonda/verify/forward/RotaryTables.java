package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Kernels;
import dev.zonda.verify.kernels.RotaryTable;
import dev.zonda.verify.network.Attention;
import dev.zonda.verify.network.GatedDelta;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.KimiDelta;
import dev.zonda.verify.network.LatentAttention;
import dev.zonda.verify.network.Network;
import dev.zonda.verify.network.NoAttention;
import dev.zonda.verify.network.NormedStateSpace;
import dev.zonda.verify.network.Rotary;
import dev.zonda.verify.network.SelectiveScan;
import dev.zonda.verify.network.ShortConvolution;
import dev.zonda.verify.network.SideBySide;
import dev.zonda.verify.network.StateSpace;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The angles of a network's rotary positions, made when a batch needs them and kept for the next.
final class RotaryTables {
  private final Map<String, float[]> divisors = new HashMap<>();
  private final Map<Rotary, Made> made = new HashMap<>();

  /// @param length tokens of the sequences that the table was made for
  private record Made(int length, RotaryTable table) {}

  /// Finds the tensors with divisors of the angles.
  static RotaryTables of(Network network, Tensors tensors) throws FormatException {
    RotaryTables tables = new RotaryTables();
    for (Network.Layer layer : network.layers()) {
      Optional<Rotary> rotary = rotary(layer.attention());
      if (rotary.isPresent()) {
        for (String name : names(rotary.get())) {
          if (tensors.has(name) && !tables.divisors.containsKey(name)) {
            tables.divisors.put(name, tensors.vector(name, rotary.get().divisorCount()));
          }
        }
      }
    }
    return tables;
  }

  /// Floats that are held per position: a cosine and a sine of each pair.
  static long floatsPerPosition(Network network) {
    return network.layers().stream()
        .flatMap(layer -> rotary(layer.attention()).stream())
        .distinct()
        .mapToLong(rotary -> 2L * rotary.pairs())
        .sum();
  }

  private static Optional<Rotary> rotary(Attention attention) {
    return switch (attention) {
      case HeadAttention heads -> heads.rotary();
      case SideBySide both -> both.heads().rotary();
      case LatentAttention latent -> latent.rotary();
      case GatedDelta _,
          KimiDelta _,
          StateSpace _,
          NormedStateSpace _,
          SelectiveScan _,
          ShortConvolution _,
          NoAttention _ ->
          Optional.empty();
    };
  }

  private static List<String> names(Rotary rotary) {
    return rotary.divisorCount() == 0
        ? List.of()
        : List.of(rotary.divisors(0), rotary.divisors(Integer.MAX_VALUE));
  }

  /// The table of a batch. Called from one thread.
  RotaryTable of(Rotary rotary, TokenBatch batch) {
    int length = batch.longest();
    Made last = made.get(rotary);
    if (last == null || last.length() != length) {
      last = new Made(length, make(rotary, length, batch.lanes()));
      made.put(rotary, last);
    }
    return last.table();
  }

  private RotaryTable make(Rotary rotary, int length, int lanes) {
    float[] ones = new float[rotary.pairs()];
    Arrays.fill(ones, 1);
    double[] frequencies =
        rotary.frequencies(
            rotary.divisorCount() == 0
                ? ones
                : divisors.getOrDefault(rotary.divisors(length), ones),
            length);
    Kernels.Pairs pairs =
        switch (rotary.order()) {
          case NEIGHBOURS -> Kernels.Pairs.neighbours(rotary.pairs());
          case HALVES -> Kernels.Pairs.halves(rotary.pairs());
        };
    return RotaryTable.of(
        frequencies, rotary.magnitude(length), pairs, Math.ceilDiv(length, lanes), lanes);
  }
}

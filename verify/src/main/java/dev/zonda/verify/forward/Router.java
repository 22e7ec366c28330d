package dev.zonda.verify.forward;

import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.Routing;
import java.util.Arrays;

/// Chooses experts for one token at a time. Not safe for use by several threads.
final class Router {
  private final Routing routing;
  private final int used;
  private final float[] correction;
  private final double[] weights;
  private final double[] merits;

  /// @param correction what is added to an expert's weight when they are compared, but not when it
  ///   is applied; or empty
  Router(ExpertNetwork network, float[] correction) {
    this.routing = network.routing();
    this.used = network.used();
    this.correction = correction;
    this.weights = new double[network.experts()];
    this.merits = new double[network.experts()];
  }

  /// Chooses the experts of one token, the best first; among equal ones, those that come first. If
  /// a weight is not finite, no share is, so that the logits show it.
  ///
  /// @param scores of all experts
  /// @param chosen takes the experts from an index on
  /// @param shares takes their weights
  void choose(float[] scores, int[] chosen, float[] shares, int at) {
    weigh(scores);
    for (int expert = 0; expert < merits.length; expert++) {
      merits[expert] = weights[expert] + (correction.length == 0 ? 0 : correction[expert]);
    }
    if (!Arrays.stream(merits).allMatch(Double::isFinite)) {
      for (int i = 0; i < used; i++) {
        chosen[at + i] = i;
        shares[at + i] = Float.NaN;
      }
      return;
    }
    if (routing.groups() > 1) {
      leaveBestGroups();
    }
    for (int i = at; i < at + used; i++) {
      chosen[i] = best(merits, 0, merits.length);
      merits[chosen[i]] = Double.NEGATIVE_INFINITY;
    }
    share(chosen, shares, at);
  }

  private void weigh(float[] scores) {
    switch (routing.gate()) {
      case SIGMOID -> {
        for (int i = 0; i < weights.length; i++) {
          weights[i] = 1 / (1 + StrictMath.exp(-scores[i]));
        }
      }
      case SOFTMAX -> {
        copy(scores);
        softmax(weights);
      }
      case SOFTMAX_OF_CHOSEN, SOFTMAX_OF_CLOSE -> copy(scores);
    }
  }

  private void copy(float[] scores) {
    double cap = routing.cap();
    for (int i = 0; i < weights.length; i++) {
      weights[i] = Double.isFinite(cap) ? cap * StrictMath.tanh(scores[i] / cap) : scores[i];
    }
  }

  private static void softmax(double[] values) {
    double most = Arrays.stream(values).max().orElseThrow();
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      values[i] = StrictMath.exp(values[i] - most);
      sum += values[i];
    }
    for (int i = 0; i < values.length; i++) {
      values[i] /= sum;
    }
  }

  /// Takes the experts of the other groups out of the comparison.
  private void leaveBestGroups() {
    int size = merits.length / routing.groups();
    double[] groups = new double[routing.groups()];
    for (int group = 0; group < groups.length; group++) {
      groups[group] = groupScore(group * size, size);
    }
    boolean[] isUsed = new boolean[groups.length];
    for (int i = 0; i < routing.usedGroups(); i++) {
      int group = best(groups, 0, groups.length);
      groups[group] = Double.NEGATIVE_INFINITY;
      isUsed[group] = true;
    }
    for (int expert = 0; expert < merits.length; expert++) {
      if (!isUsed[expert / size]) {
        merits[expert] = Double.NEGATIVE_INFINITY;
      }
    }
  }

  private double groupScore(int from, int size) {
    int first = best(merits, from, size);
    if (routing.groupScore() == Routing.GroupScore.BEST || size == 1) {
      return merits[first];
    }
    double second = Double.NEGATIVE_INFINITY;
    for (int expert = from; expert < from + size; expert++) {
      if (expert != first) {
        second = Math.max(second, merits[expert]);
      }
    }
    return merits[first] + second;
  }

  private static int best(double[] values, int from, int count) {
    int best = from;
    for (int i = from + 1; i < from + count; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }

  private void share(int[] chosen, float[] shares, int at) {
    double[] of = new double[used];
    for (int i = 0; i < used; i++) {
      of[i] = weights[chosen[at + i]];
    }
    if (routing.gate() == Routing.Gate.SOFTMAX_OF_CHOSEN) {
      softmax(of);
    }
    if (routing.gate() == Routing.Gate.SOFTMAX_OF_CLOSE) {
      shareWithClose(chosen, at, of);
    }
    double divisor = routing.isNormalized() ? Arrays.stream(of).sum() : 1;
    for (int i = 0; i < used; i++) {
      shares[at + i] = (float) (of[i] / divisor * routing.scale());
    }
  }

  /// Weights of experts against those that were still to be chosen and are not far worse.
  private void shareWithClose(int[] chosen, int at, double[] of) {
    boolean[] isChosen = new boolean[weights.length];
    for (int i = 0; i < used; i++) {
      float best = (float) weights[chosen[at + i]];
      double sum = 0;
      for (int expert = 0; expert < weights.length; expert++) {
        float score = (float) weights[expert];
        boolean isFar = (best - score) / Math.max(Math.abs(score), best) > routing.closeness();
        if (!isChosen[expert] && !isFar) {
          sum += StrictMath.exp((double) score - best);
        }
      }
      of[i] = 1 / sum;
      isChosen[chosen[at + i]] = true;
    }
  }
}

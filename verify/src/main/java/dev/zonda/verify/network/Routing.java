package dev.zonda.verify.network;

/// How experts are chosen for a token and weighted, from their scores.
///
/// @param gate how scores become weights
/// @param isNormalized whether the weights of the chosen experts are divided by their sum
/// @param scale factor of all weights
/// @param groups into how many groups the experts are cut before they are chosen
/// @param usedGroups from how many groups experts are chosen
/// @param groupScore how groups are compared
/// @param weighsInput whether weights are factors of the experts' input instead of their output
/// @param closeness how far below the best score, as a part of it, another one may be to count
/// @param cap that scores approach softly; infinite if there is none
public record Routing(
    Gate gate,
    boolean isNormalized,
    float scale,
    int groups,
    int usedGroups,
    GroupScore groupScore,
    boolean weighsInput,
    float closeness,
    float cap) {
  /// How scores become weights.
  public enum Gate {
    /// Softmax over all experts.
    SOFTMAX,
    /// A sigmoid of each.
    SIGMOID,
    /// Softmax over the chosen experts.
    SOFTMAX_OF_CHOSEN,
    /// For each chosen expert softmax over those of the others that are not chosen yet and whose
    /// scores are close to its own (SparseMixer).
    SOFTMAX_OF_CLOSE
  }

  /// How groups of experts are compared.
  public enum GroupScore {
    /// By their best expert.
    BEST,
    /// By the sum of their best two experts.
    BEST_TWO
  }

  /// Routing with unchanged weights.
  public static Routing of(Gate gate) {
    return new Routing(gate, false, 1, 1, 1, GroupScore.BEST, false, 0, Float.POSITIVE_INFINITY);
  }

  /// This routing with weights divided by their sum.
  public Routing normalized() {
    return new Routing(
        gate, true, scale, groups, usedGroups, groupScore, weighsInput, closeness, cap);
  }

  /// This routing with a factor of all weights.
  public Routing scaled(double factor) {
    return new Routing(
        gate,
        isNormalized,
        (float) factor,
        groups,
        usedGroups,
        groupScore,
        weighsInput,
        closeness,
        cap);
  }

  /// This routing with experts from the best groups only.
  public Routing grouped(int count, int used, GroupScore score) {
    return new Routing(gate, isNormalized, scale, count, used, score, weighsInput, closeness, cap);
  }

  /// This routing with weights as factors of the experts' input.
  public Routing weighingInput() {
    return new Routing(
        gate, isNormalized, scale, groups, usedGroups, groupScore, true, closeness, cap);
  }

  /// This routing with scores that count if they are close to the best one.
  public Routing closeness(double part) {
    return new Routing(
        gate, isNormalized, scale, groups, usedGroups, groupScore, weighsInput, (float) part, cap);
  }

  /// This routing with scores that approach a number softly.
  public Routing capped(double most) {
    return new Routing(
        gate,
        isNormalized,
        scale,
        groups,
        usedGroups,
        groupScore,
        weighsInput,
        closeness,
        (float) most);
  }
}

package dev.zonda.verify.forward;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.network.ExpertNetwork;
import dev.zonda.verify.network.Routing;
import dev.zonda.verify.network.Routing.Gate;
import dev.zonda.verify.network.Routing.GroupScore;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RouterTest {
  private static final float[] NO_CORRECTION = {};
  private static final float[] SCORES = {1, 3, 2, 0.5f, 2.9f, -1, 2.8f, 0};

  @Test
  void softmaxWeightsTheBest() {
    double sum = 0;
    for (float score : SCORES) {
      sum += Math.exp(score);
    }
    Choice choice = choose(Routing.of(Gate.SOFTMAX), 3, NO_CORRECTION);
    assertArrayEquals(new int[] {1, 4, 6}, choice.experts());
    assertEquals(Math.exp(3) / sum, choice.weights()[0], 1e-7);
    assertEquals(Math.exp(2.8f) / sum, choice.weights()[2], 1e-7);
  }

  @Test
  void normalizedWeightsAddUpToTheirScale() {
    Routing routing = Routing.of(Gate.SIGMOID).normalized().scaled(2.5);
    Choice choice = choose(routing, 3, NO_CORRECTION);
    assertEquals(2.5, choice.weights()[0] + choice.weights()[1] + choice.weights()[2], 1e-6);
    double first = 1 / (1 + Math.exp(-3));
    double second = 1 / (1 + Math.exp(-2.9f));
    assertEquals(first / second, choice.weights()[0] / (double) choice.weights()[1], 1e-6);
  }

  @Test
  void softmaxOverTheChosenAddsUpToOne() {
    Choice choice = choose(Routing.of(Gate.SOFTMAX_OF_CHOSEN), 2, NO_CORRECTION);
    assertArrayEquals(new int[] {1, 4}, choice.experts());
    assertEquals(1 / (1 + Math.exp(-0.1)), choice.weights()[0], 1e-6);
  }

  /// It decides who is chosen, and no more.
  @Test
  void correctionIsNoPartOfTheWeight() {
    float[] correction = {0, -1, 0, 0, 0, 1, 0, 0};
    Choice choice = choose(Routing.of(Gate.SIGMOID), 2, correction);
    assertArrayEquals(new int[] {5, 4}, choice.experts());
    assertEquals(1 / (1 + Math.exp(1)), choice.weights()[0], 1e-7);
  }

  /// The best expert is in the first of the four groups, the best pair in the third.
  @Test
  void groupsAreComparedByOneOrByTwo() {
    float[] scores = {4, -4, 0, 0, 3.5f, 3.4f, 1, 1};
    Routing best = Routing.of(Gate.SIGMOID).grouped(4, 1, GroupScore.BEST);
    Routing bestTwo = Routing.of(Gate.SIGMOID).grouped(4, 1, GroupScore.BEST_TWO);
    assertArrayEquals(new int[] {0, 1}, choose(scores, best, 2, NO_CORRECTION).experts());
    assertArrayEquals(new int[] {4, 5}, choose(scores, bestTwo, 2, NO_CORRECTION).experts());
    Routing two = Routing.of(Gate.SIGMOID).grouped(4, 2, GroupScore.BEST);
    assertArrayEquals(new int[] {0, 4, 5}, choose(scores, two, 3, NO_CORRECTION).experts());
  }

  @Test
  void ofEqualsTheFirstIsChosen() {
    float[] scores = {1, 2, 2, 2};
    assertArrayEquals(
        new int[] {1, 2}, choose(scores, Routing.of(Gate.SOFTMAX), 2, NO_CORRECTION).experts());
  }

  /// Damaged weights: experts are still different ones, and what comes out is seen to be damaged.
  @ParameterizedTest
  @EnumSource(Gate.class)
  void whatIsNoNumberIsPassedOn(Gate gate) {
    float[][] damaged = {{Float.NaN, 1, 2, 3}, {1, 2, 3, Float.NaN}, new float[4], new float[4]};
    Arrays.fill(damaged[2], Float.NaN);
    Arrays.fill(damaged[3], Float.NaN);
    damaged[3][3] = 1;
    float[] correction = {0, 0, Float.NaN, 0};
    for (Routing routing :
        List.of(
            Routing.of(gate), Routing.of(gate).normalized().grouped(2, 1, GroupScore.BEST_TWO))) {
      for (float[] scores : damaged) {
        assertPassedOn(choose(scores, routing, 2, NO_CORRECTION));
      }
      assertPassedOn(choose(new float[] {1, 2, 3, 4}, routing, 2, correction));
    }
  }

  private static void assertPassedOn(Choice choice) {
    assertArrayEquals(new int[] {0, 1}, choice.experts());
    assertArrayEquals(new float[] {Float.NaN, Float.NaN}, choice.weights());
  }

  @SuppressWarnings("ArrayRecordComponent") // Is never compared.
  private record Choice(int[] experts, float[] weights) {}

  private static Choice choose(Routing routing, int used, float[] correction) {
    return choose(SCORES, routing, used, correction);
  }

  private static Choice choose(float[] scores, Routing routing, int used, float[] correction) {
    ExpertNetwork network =
        new ExpertNetwork(
            scores.length,
            used,
            new ExpertNetwork.Form(1, ActivationFunction.SILU, true, 0),
            routing,
            Optional.empty(),
            Optional.empty(),
            false);
    Choice choice = new Choice(new int[used], new float[used]);
    new Router(network, correction).choose(scores, choice.experts(), choice.weights(), 0);
    return choice;
  }
}

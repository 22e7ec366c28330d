package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.WeightMatrix;
import dev.zonda.verify.network.DenseNetwork;
import dev.zonda.verify.network.ExpertNetwork;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Networks, some of which each token passes. One expert after the other takes its tokens, so that
/// each weight is dequantized once, and each token's sum has a fixed order.
///
/// @param router (experts, hidden)
/// @param correction (experts) added to the weights when experts are compared, or empty
/// @param in gate and up of each expert, (experts, length, hidden), or both as one, twice as long
/// @param down (experts, hidden, length)
/// @param shared a network that all tokens pass
/// @param sharedGate (1, hidden), decides how much of the shared network a token takes
@SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
record ExpertPart(
    ExpertNetwork network,
    Linear router,
    float[] correction,
    List<Stack> in,
    Stack down,
    Optional<DensePart> shared,
    Optional<Linear> sharedGate)
    implements FeedForwardPart {

  /// One matrix of each expert.
  ///
  /// @param bias a value per expert and row, or empty
  @SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
  record Stack(WeightMatrix all, float[] bias, int experts) {
    static Stack of(Tensors tensors, String name, int experts, int rows, int columns)
        throws FormatException {
      return new Stack(
          tensors.matrix(name + ".weight", experts, rows, columns),
          tensors.optionalVector(name + ".bias", experts, rows),
          experts);
    }

    int rows() {
      return all.rows() / experts;
    }

    /// @param tokens how many there are in the first lanes
    void multiply(Pass pass, int expert, Activations x, int tokens, Activations y)
        throws IOException {
      pass.observer().expertInput(all.name(), expert, experts, x, tokens);
      pass.product(all.rows(expert * rows(), rows()), bias, expert * rows(), x, y);
    }
  }

  static ExpertPart of(ExpertNetwork network, Tensors tensors, String block, int hidden)
      throws FormatException {
    int experts = network.experts();
    int length = network.length();
    Optional<ExpertNetwork.Shared> common = network.shared();
    String both = block + "ffn_gate_up_exps";
    List<Stack> in =
        tensors.has(both + ".weight")
            ? List.of(Stack.of(tensors, both, experts, 2 * length, hidden))
            : List.of(
                Stack.of(tensors, block + "ffn_gate_exps", experts, length, hidden),
                Stack.of(tensors, block + "ffn_up_exps", experts, length, hidden));
    boolean isGated = common.map(ExpertNetwork.Shared::isGated).orElse(false);
    return new ExpertPart(
        network,
        tensors.linear(block + "ffn_gate_inp", experts, hidden),
        tensors.optionalVector(block + "exp_probs_b.bias", experts),
        in,
        Stack.of(tensors, block + "ffn_down_exps", experts, hidden, length),
        common.isEmpty()
            ? Optional.empty()
            : Optional.of(
                DensePart.of(
                    sharedNetwork(network, common.get()), tensors, block, "_shexp", hidden)),
        isGated
            ? Optional.of(tensors.linear(block + "ffn_gate_inp_shexp", 1, hidden))
            : Optional.empty());
  }

  private static DenseNetwork sharedNetwork(ExpertNetwork network, ExpertNetwork.Shared shared) {
    return new DenseNetwork(shared.length(), network.activation(), true);
  }

  static int workFeatures(ExpertNetwork network, int hidden) {
    int shared =
        network.shared().isEmpty()
            ? 0
            : 1 + DensePart.workFeatures(sharedNetwork(network, network.shared().get()));
    int routed = Math.addExact(2 * hidden, 2 * network.length());
    return Math.addExact(network.experts(), Math.addExact(shared, routed));
  }

  @Override
  public Optional<Routes> routesAhead(Pass pass, Activations x) throws IOException {
    return network.isRoutedAhead() ? Optional.of(routes(pass, x)) : Optional.empty();
  }

  private Routes routes(Pass pass, Activations x) throws IOException {
    Activations scores = pass.work().take(network.experts());
    pass.multiply(router, x, scores);
    return Routes.of(network, correction, scores, pass);
  }

  @Override
  public void run(Pass pass, Activations x, Activations out) throws IOException {
    run(pass, x, Optional.empty(), out);
  }

  @Override
  public void run(Pass pass, Activations x, Optional<Routes> ahead, Activations out)
      throws IOException {
    Routes routes = ahead.isPresent() ? ahead.get() : routes(pass, x);
    if (shared.isPresent()) {
      shared.get().run(pass, x, out);
      if (sharedGate.isPresent()) {
        takeShare(pass, x, out);
      }
    } else {
      clear(pass, out);
    }

    int length = network.length();
    Activations gathered = pass.work().take(x.features());
    Activations inside = pass.work().take(2 * length);
    Activations made = pass.work().take(x.features());
    for (int expert = 0; expert < network.experts(); expert++) {
      int tokens = routes.count(expert);
      if (tokens > 0) {
        int strips = Math.ceilDiv(tokens, x.lanes());
        routes.gather(expert, x, gathered.first(strips), pass);
        run(
            pass,
            expert,
            routes.lanes(expert, strips, x.lanes()),
            tokens,
            gathered.first(strips),
            inside.first(strips),
            made.first(strips));
        routes.scatter(expert, made.first(strips), out, pass);
      }
    }
  }

  private void run(
      Pass pass,
      int expert,
      float[] shares,
      int tokens,
      Activations x,
      Activations inside,
      Activations out)
      throws IOException {
    int length = network.length();
    boolean weighsInput = network.routing().weighsInput();
    if (weighsInput) {
      pass.scaleTokens(x, shares);
    }
    int from = 0;
    for (Stack stack : in) {
      stack.multiply(pass, expert, x, tokens, inside.part(from, stack.rows()));
      from += stack.rows();
    }
    Activations gate = inside.part(0, length);
    pass.gate(network.activation(), gate, inside.part(length, length));
    down.multiply(pass, expert, gate, tokens, out);
    if (!weighsInput) {
      pass.scaleTokens(out, shares);
    }
  }

  private void takeShare(Pass pass, Activations x, Activations out) throws IOException {
    Activations gate = pass.work().take(1);
    pass.multiply(sharedGate.orElseThrow(), x, gate);
    float[] shares = new float[gate.strips() * gate.lanes()];
    for (int strip = 0; strip < gate.strips(); strip++) {
      for (int lane = 0; lane < gate.lanes(); lane++) {
        double score = gate.values()[gate.at(strip) + lane];
        shares[strip * gate.lanes() + lane] = (float) (1 / (1 + StrictMath.exp(-score)));
      }
    }
    pass.scaleTokens(out, shares);
  }

  private static void clear(Pass pass, Activations out) throws IOException {
    pass.machine()
        .eachStrip(
            out.strips(),
            (strip, _) -> {
              int at = out.at(strip);
              Arrays.fill(out.values(), at, at + out.stripSize(), 0);
            });
  }
}

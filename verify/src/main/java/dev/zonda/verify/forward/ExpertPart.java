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
/// @param scales (experts) factors of what experts give, or empty
/// @param bottleneck matrices before and behind all experts, if they see other features
/// @param matrices of each expert
/// @param adjugates of smaller ones beside several of them
/// @param shared a network that all tokens pass
/// @param sharedGate (1, hidden), decides how much of the shared network a token takes
@SuppressWarnings("ArrayRecordComponent") // Weights are read, never compared.
record ExpertPart(
    ExpertNetwork network,
    Linear router,
    float[] correction,
    float[] scales,
    Optional<Bottleneck> bottleneck,
    Matrices matrices,
    Optional<Matrices> adjugates,
    Optional<DensePart> shared,
    Optional<Linear> sharedGate)
    implements FeedForwardPart {

  /// Makes the features that experts see, and of theirs those of the residual stream.
  ///
  /// @param down (latent, hidden)
  /// @param up (hidden, latent)
  record Bottleneck(Linear down, Linear up) {}

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

  /// Networks.
  ///
  /// @param in gate and up of each, (experts, length, hidden), or both as one, twice as long; up
  ///   alone where there is no gate
  /// @param down (experts, hidden, length)
  /// @param length features inside one
  record Matrices(List<Stack> in, Stack down, int length) {
    /// Networks without gates.
    static Matrices plain(
        Tensors tensors, String block, String suffix, int experts, int length, int hidden)
        throws FormatException {
      return new Matrices(
          List.of(Stack.of(tensors, block + "ffn_up" + suffix, experts, length, hidden)),
          Stack.of(tensors, block + "ffn_down" + suffix, experts, hidden, length),
          length);
    }

    static Matrices of(
        Tensors tensors, String block, String suffix, int experts, int length, int hidden)
        throws FormatException {
      String both = block + "ffn_gate_up" + suffix;
      List<Stack> in =
          tensors.has(both + ".weight")
              ? List.of(Stack.of(tensors, both, experts, 2 * length, hidden))
              : List.of(
                  Stack.of(tensors, block + "ffn_gate" + suffix, experts, length, hidden),
                  Stack.of(tensors, block + "ffn_up" + suffix, experts, length, hidden));
      Stack down = Stack.of(tensors, block + "ffn_down" + suffix, experts, hidden, length);
      return new Matrices(in, down, length);
    }
  }

  static ExpertPart of(ExpertNetwork network, Tensors tensors, String block, int hidden)
      throws FormatException {
    int experts = network.experts();
    Optional<ExpertNetwork.Shared> common = network.shared();
    Optional<ExpertNetwork.Adjugates> smaller = network.adjugates();
    boolean isGated = common.map(ExpertNetwork.Shared::isGated).orElse(false);
    int seen = seenFeatures(network, hidden);
    return new ExpertPart(
        network,
        tensors.linear(block + "ffn_gate_inp", experts, hidden),
        correction(tensors, block, experts),
        tensors.optionalVector(block + "ffn_down_exps.scale", experts),
        network.form().latent() == 0
            ? Optional.empty()
            : Optional.of(
                new Bottleneck(
                    tensors.linear(block + "ffn_latent_down", seen, hidden),
                    tensors.linear(block + "ffn_latent_up", hidden, seen))),
        network.form().isGated()
            ? Matrices.of(tensors, block, "_exps", experts, network.length(), seen)
            : Matrices.plain(tensors, block, "_exps", experts, network.length(), seen),
        smaller.isEmpty()
            ? Optional.empty()
            : Optional.of(
                Matrices.of(
                    tensors,
                    block,
                    "_chexps",
                    experts / smaller.get().group(),
                    smaller.get().length(),
                    hidden)),
        common.isEmpty()
            ? Optional.empty()
            : Optional.of(
                DensePart.of(
                    sharedNetwork(network, common.get()),
                    tensors,
                    block,
                    common.get().suffix(),
                    hidden)),
        isGated
            ? Optional.of(tensors.linear(block + "ffn_gate_inp_shexp", 1, hidden))
            : Optional.empty());
  }

  /// In some architectures its name has no ending.
  private static float[] correction(Tensors tensors, String block, int experts)
      throws FormatException {
    String name = block + "exp_probs_b";
    return tensors.optionalVector(tensors.has(name) ? name : name + ".bias", experts);
  }

  private static DenseNetwork sharedNetwork(ExpertNetwork network, ExpertNetwork.Shared shared) {
    return new DenseNetwork(
        shared.length(), shared.own().orElse(network.activation()), network.form().isGated());
  }

  static int workFeatures(ExpertNetwork network, int hidden) {
    int shared =
        network.shared().isEmpty()
            ? 0
            : 1 + DensePart.workFeatures(sharedNetwork(network, network.shared().get()));
    int seen = seenFeatures(network, hidden);
    // What all experts see and give, and what is made of it.
    int bottleneck = network.form().latent() == 0 ? 0 : 2 * seen + hidden;
    int routed = Math.addExact(Math.addExact(bottleneck, 2 * seen), insideFeatures(network));
    return Math.addExact(network.experts(), Math.addExact(shared, routed));
  }

  /// Features that experts see.
  private static int seenFeatures(ExpertNetwork network, int hidden) {
    int latent = network.form().latent();
    return latent == 0 ? hidden : latent;
  }

  private static int insideFeatures(ExpertNetwork network) {
    return (network.form().isGated() ? 2 : 1) * longest(network);
  }

  private static int longest(ExpertNetwork network) {
    int smaller = network.adjugates().map(ExpertNetwork.Adjugates::length).orElse(0);
    return Math.max(network.length(), smaller);
  }

  @Override
  public Optional<Routes> routesAhead(Pass pass, Activations x) throws IOException {
    return network.isRoutedAhead() ? Optional.of(routes(pass, x)) : Optional.empty();
  }

  Routes routes(Pass pass, Activations x) throws IOException {
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
      pass.scale(out, network.shared().orElseThrow().scale());
      if (sharedGate.isPresent()) {
        takeShare(pass, x, out);
      }
    } else {
      clear(pass, out);
    }

    if (bottleneck.isEmpty()) {
      runExperts(pass, routes, x, out);
      return;
    }
    int latent = network.form().latent();
    Activations seen = pass.work().take(latent);
    pass.multiply(bottleneck.get().down(), x, seen);
    Activations sum = pass.work().take(latent);
    clear(pass, sum);
    runExperts(pass, routes, seen, sum);
    Activations all = pass.work().take(out.features());
    pass.multiply(bottleneck.get().up(), sum, all);
    pass.add(out, all);
  }

  /// Adds what experts give.
  private void runExperts(Pass pass, Routes routes, Activations x, Activations out)
      throws IOException {
    Activations gathered = pass.work().take(x.features());
    Activations inside = pass.work().take(insideFeatures(network));
    Activations made = pass.work().take(x.features());
    for (int expert = 0; expert < network.experts(); expert++) {
      int tokens = routes.count(expert);
      if (tokens > 0) {
        int strips = Math.ceilDiv(tokens, x.lanes());
        float[] shares = routes.lanes(expert, strips, x.lanes());
        if (scales.length > 0) {
          Pass.scale(shares, 0, shares.length, scales[expert]);
        }
        routes.gather(expert, x, gathered.first(strips), pass);
        Places places =
            new Places(tokens, gathered.first(strips), inside.first(strips), made.first(strips));
        run(pass, matrices, expert, shares, places);
        routes.scatter(expert, made.first(strips), out, pass);
        if (adjugates.isPresent()) {
          ExpertNetwork.Adjugates smaller = network.adjugates().orElseThrow();
          for (int i = 0; i < shares.length; i++) {
            shares[i] *= smaller.scale();
          }
          run(pass, adjugates.get(), expert / smaller.group(), shares, places);
          routes.scatter(expert, made.first(strips), out, pass);
        }
      }
    }
  }

  /// Where the tokens of one expert are.
  ///
  /// @param tokens how many there are in the first lanes
  private record Places(int tokens, Activations x, Activations inside, Activations out) {}

  private void run(Pass pass, Matrices all, int expert, float[] shares, Places places)
      throws IOException {
    int length = all.length();
    boolean weighsInput = network.routing().weighsInput();
    if (weighsInput) {
      pass.scaleTokens(places.x(), shares);
    }
    int from = 0;
    for (Stack stack : all.in()) {
      Activations part = places.inside().part(from, stack.rows());
      stack.multiply(pass, expert, places.x(), places.tokens(), part);
      from += stack.rows();
    }
    Activations gate = places.inside().part(0, length);
    if (network.form().isGated()) {
      pass.gate(network.activation(), gate, places.inside().part(length, length));
    } else {
      pass.activate(network.activation(), gate);
    }
    all.down().multiply(pass, expert, gate, places.tokens(), places.out());
    if (!weighsInput) {
      pass.scaleTokens(places.out(), shares);
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

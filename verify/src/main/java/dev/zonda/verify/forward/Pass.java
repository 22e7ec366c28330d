package dev.zonda.verify.forward;

import dev.zonda.verify.kernels.Activation;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.AttentionStrip.Sequence;
import dev.zonda.verify.kernels.ChannelDelta;
import dev.zonda.verify.kernels.ChannelScan;
import dev.zonda.verify.kernels.Kernels;
import dev.zonda.verify.kernels.LinearAttention;
import dev.zonda.verify.kernels.Machine;
import dev.zonda.verify.kernels.RotaryTable;
import dev.zonda.verify.kernels.Scratch;
import dev.zonda.verify.kernels.WeightMatrix;
import dev.zonda.verify.network.HeadAttention;
import dev.zonda.verify.network.Rotary;
import java.io.IOException;

/// A batch on its way through a network: the operations that parts of layers are made of, on all
/// its strips.
///
/// @param work memory that a part may use until the next one begins
/// @param kept what layers leave for later ones
record Pass(
    Machine machine,
    TokenBatch batch,
    RotaryTables tables,
    ActivationObserver observer,
    Workspace work,
    Kept kept) {

  Kernels kernels() {
    return machine.kernels();
  }

  /// A matrix times the activations of all tokens.
  void multiply(Linear linear, Activations x, Activations y) throws IOException {
    observer.input(linear.weights().name(), batch, x);
    product(linear.weights(), linear.bias(), 0, x, y);
  }

  /// One of several matrices of a tensor times the activations of all tokens.
  void multiply(WeightMatrix tensor, int index, int count, Activations x, Activations y)
      throws IOException {
    int rows = tensor.rows() / count;
    observer.input(tensor.name(), index, count, batch, x);
    machine.product().multiply(tensor.rows(index * rows, rows), x, y);
  }

  /// A matrix times activations, which are not shown to the observer.
  ///
  /// @param bias values that are added, from an index on; or empty
  void product(WeightMatrix weights, float[] bias, int biasAt, Activations x, Activations y)
      throws IOException {
    machine.product().multiply(weights, x, y);
    if (bias.length > 0) {
      machine.eachStrip(
          y.strips(),
          (strip, _) -> kernels().addBias(y.values(), y.at(strip), y.features(), bias, biasAt));
    }
  }

  void norm(NormWeights norm, Activations x, Activations y) throws IOException {
    machine.eachStrip(
        x.strips(),
        (strip, _) -> norm.apply(kernels(), x.values(), x.at(strip), y.values(), y.at(strip)));
  }

  /// Norms each head in place.
  void normHeads(NormWeights norm, Activations x) throws IOException {
    int length = norm.weight().length;
    machine.eachStrip(
        x.strips(),
        (strip, _) -> {
          for (int f = 0; f < x.features(); f += length) {
            int at = x.at(strip, f);
            norm.apply(kernels(), x.values(), at, x.values(), at);
          }
        });
  }

  /// Rotates the first features of each head by the position of its token.
  ///
  /// @param headLength features from one head to the next
  void rotate(Rotary rotary, Activations x, int headLength) throws IOException {
    RotaryTable table = tables.of(rotary, batch);
    int heads = Math.ceilDiv(x.features(), headLength);
    machine.eachStrip(
        x.strips(),
        (strip, _) -> table.rotate(kernels(), x, strip, heads, headLength, batch.position(strip)));
  }

  /// Runs each head of each sequence through attention that keeps a state.
  void attend(LinearAttention heads, LinearAttention.Inputs inputs, Activations out)
      throws IOException {
    eachShare(
        heads.heads(),
        (sequence, share, scratch) -> heads.head(kernels(), sequence, share, inputs, out, scratch));
  }

  /// Runs each block of channels of each sequence through a selective scan.
  void scan(ChannelScan scan, ChannelScan.Inputs inputs, Activations out) throws IOException {
    eachShare(
        scan.blocks(),
        (sequence, share, scratch) -> scan.block(kernels(), sequence, share, inputs, out, scratch));
  }

  /// Runs each head of each sequence through the delta rule with a decay for each feature of keys.
  void attend(ChannelDelta heads, ChannelDelta.Inputs inputs, Activations out) throws IOException {
    eachShare(
        heads.heads(),
        (sequence, share, scratch) -> heads.head(kernels(), sequence, share, inputs, out, scratch));
  }

  /// Runs each share (a head or a block of channels) of each sequence, whose tokens follow each
  /// other.
  private void eachShare(int shares, ShareTask task) throws IOException {
    machine.eachStrip(
        Math.multiplyExact(batch.sequences().size(), shares),
        (index, scratch) ->
            task.run(batch.sequences().get(index / shares), index % shares, scratch));
  }

  @FunctionalInterface
  private interface ShareTask {
    void run(Sequence sequence, int share, Scratch scratch);
  }

  /// `x = x * y` for each feature.
  void multiply(Activations x, Activations y) throws IOException {
    machine.eachStrip(
        x.strips(),
        (strip, _) ->
            kernels().multiply(x.values(), x.at(strip), y.values(), y.at(strip), x.stripSize()));
  }

  /// Parts what lies in turns: a head of one, then a head of the other.
  void split(Activations pairs, int headLength, Activations first, Activations second)
      throws IOException {
    int size = headLength * pairs.lanes();
    machine.eachStrip(
        pairs.strips(),
        (strip, _) -> {
          for (int f = 0; f < first.features(); f += headLength) {
            int from = pairs.at(strip, 2 * f);
            float[] values = pairs.values();
            System.arraycopy(values, from, first.values(), first.at(strip, f), size);
            System.arraycopy(values, from + size, second.values(), second.at(strip, f), size);
          }
        });
  }

  void add(Activations x, Activations y) throws IOException {
    machine.eachStrip(
        x.strips(),
        (strip, _) ->
            kernels().add(x.values(), x.at(strip), y.values(), y.at(strip), x.stripSize()));
  }

  void copy(Activations from, Activations to) throws IOException {
    machine.eachStrip(
        from.strips(),
        (strip, _) ->
            System.arraycopy(
                from.values(), from.at(strip), to.values(), to.at(strip), from.stripSize()));
  }

  /// Multiplies each token by a number.
  ///
  /// @param factors one per lane of each strip
  void scaleTokens(Activations x, float[] factors) throws IOException {
    machine.eachStrip(
        x.strips(),
        (strip, _) ->
            kernels()
                .scaleLanes(x.values(), x.at(strip), x.features(), factors, strip * x.lanes()));
  }

  /// Multiplies each feature by a number.
  void scaleFeatures(Activations x, float[] factors) throws IOException {
    machine.eachStrip(
        x.strips(),
        (strip, _) -> {
          for (int f = 0; f < x.features(); f++) {
            scale(x.values(), x.at(strip, f), x.lanes(), factors[f]);
          }
        });
  }

  /// Multiplies all by a number.
  void scale(Activations x, float factor) throws IOException {
    if (factor != 1) {
      machine.eachStrip(
          x.strips(), (strip, _) -> scale(x.values(), x.at(strip), x.stripSize(), factor));
    }
  }

  static void scale(float[] values, int at, int count, float factor) {
    for (int i = at; i < at + count; i++) {
      values[i] *= factor;
    }
  }

  void clamp(Activations x, float limit) throws IOException {
    machine.eachStrip(
        x.strips(),
        (strip, _) -> kernels().clamp(x.values(), x.at(strip), x.stripSize(), -limit, limit));
  }

  /// `gate = activation(gate) * up`.
  void gate(Activation activation, Activations gate, Activations up) throws IOException {
    machine.eachStrip(
        gate.strips(),
        (strip, _) ->
            activation.gate(
                kernels(),
                gate.values(),
                gate.at(strip),
                up.values(),
                up.at(strip),
                gate.stripSize()));
  }

  /// Multiplies attention's result by factors.
  ///
  /// @param factors what they are made of, in place
  /// @param length neighbouring features that a factor is for
  void gate(HeadAttention.GateFunction function, Activations factors, Activations x, int length)
      throws IOException {
    machine.eachStrip(
        x.strips(),
        (strip, _) -> {
          int at = factors.at(strip);
          float[] values = factors.values();
          switch (function) {
            case SIGMOID -> kernels().sigmoid(values, at, factors.stripSize());
            case SOFTPLUS -> {
              for (int i = at; i < at + factors.stripSize(); i++) {
                values[i] = (float) Steps.softplus(values[i]);
              }
            }
          }
          if (length == 1) {
            kernels().multiply(x.values(), x.at(strip), values, at, x.stripSize());
            return;
          }
          for (int factor = 0; factor < factors.features(); factor++) {
            kernels()
                .scaleLanes(
                    x.values(),
                    x.at(strip, factor * length),
                    length,
                    values,
                    factors.at(strip, factor));
          }
        });
  }

  /// `x = log(1 + exp(x))`.
  void softplus(Activations x) throws IOException {
    machine.eachStrip(
        x.strips(), (strip, _) -> kernels().softplus(x.values(), x.at(strip), x.stripSize()));
  }

  /// `x = 1 / (1 + exp(-x))`.
  void sigmoid(Activations x) throws IOException {
    machine.eachStrip(
        x.strips(), (strip, _) -> kernels().sigmoid(x.values(), x.at(strip), x.stripSize()));
  }

  void activate(Activation activation, Activations x) throws IOException {
    machine.eachStrip(
        x.strips(),
        (strip, _) -> activation.apply(kernels(), x.values(), x.at(strip), x.stripSize()));
  }
}

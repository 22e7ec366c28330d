package dev.zonda.verify.forward;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.Machine;
import dev.zonda.verify.network.Network;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The forward pass of a decoder-only transformer: exact weights, single precision activations.
///
/// All tokens of a batch go through the first layer, then all through the second, so that each
/// weight is read and dequantized once per batch.
public final class Decoder {
  private final Machine machine;
  private final GgufModel model;
  private final Network network;
  private final Embedding embedding;
  private final Optional<LayerInputTable> inputs;
  private final Optional<AltUpFrame> streams;
  private final List<Layer> layers;
  private final NormWeights outputNorm;
  private final Linear output;
  private final RotaryTables tables;
  private ActivationObserver observer = ActivationObserver.NONE;

  private Decoder(GgufModel model, Machine machine, Network network, Tensors tensors)
      throws FormatException {
    this.machine = machine;
    this.model = model;
    this.network = network;
    this.layers = new ArrayList<>();
    for (int layer = 0; layer < network.layers().size(); layer++) {
      layers.add(Layer.of(network, layer, tensors));
    }
    this.embedding = Embedding.of(network, tensors);
    this.inputs =
        network.inputs().isEmpty()
            ? Optional.empty()
            : Optional.of(LayerInputTable.of(network.inputs().get(), network, tensors));
    this.streams =
        network.altUp().isEmpty()
            ? Optional.empty()
            : Optional.of(AltUpFrame.of(network.altUp().get(), network, tensors));
    this.outputNorm = tensors.norm(network.outputNorm(), network.hidden(), network.norm());
    this.output =
        tensors.has("output.weight")
            ? tensors.linear("output", network.vocabulary(), network.hidden())
            : new Linear(
                embedding.tokens(), tensors.optionalVector("output.bias", network.vocabulary()));
    this.tables = RotaryTables.of(network, tensors);
  }

  /// The forward pass of a model.
  ///
  /// @param network that the model's metadata describe
  /// @throws FormatException if the model's tensors are not those of the network; thrown before any
  ///   weight is read
  public static Decoder of(GgufModel model, Network network, Machine machine) throws IOException {
    Tensors tensors = new Tensors(model);
    Decoder decoder = new Decoder(model, machine, network, tensors);
    tensors.requireNoOthers(network);
    tensors.load();
    return decoder;
  }

  /// Floats of weights that are held from the beginning to the end: norms and biases.
  public static long heldFloats(GgufModel model, Network network) {
    long made =
        network.layers().stream()
            .mapToLong(layer -> AttentionPart.madeFloats(layer.attention(), network))
            .sum();
    long shared = NormWeights.sharedFloats(network.hidden(), network.norm());
    return Math.addExact(Tensors.vectorFloats(model, network), made + shared);
  }

  /// Floats that tables of positions take, per position of the longest sequence.
  public static long tableFloatsPerPosition(Network network) {
    return RotaryTables.floatsPerPosition(network);
  }

  /// Floats that a thread takes for a row of an embedding.
  public static long rowFloats(Network network) {
    return Math.max(network.hidden(), Kept.inputFeatures(network));
  }

  /// Bytes that a thread takes for the states of a sequence.
  public static long stateBytes(Network network, int lanes) {
    return network.layers().stream()
        .mapToLong(layer -> AttentionPart.stateBytes(layer.attention(), lanes))
        .max()
        .orElse(0);
  }

  /// Shows activations to an observer from now on.
  public void observe(ActivationObserver newObserver) {
    observer = newObserver;
  }

  /// Runs a batch through all layers.
  ///
  /// @param index which of the models that share the buffers this is
  /// @return the normed output of the last layer, for [#logits]
  public Activations evaluate(
      TokenBatch batch, Buffers buffers, int index, ProgressListener progress) throws IOException {
    requirePositions(batch);
    Activations x = buffers.stream(batch.strips(), network.hidden());
    Activations normed = buffers.output(index, batch.strips(), network.hidden());
    Activations made = buffers.made(batch.strips(), network.hidden());
    Workspace work = buffers.work(batch.strips(), Layer.workFeatures(network));
    Kept kept = new Kept(network, buffers.kept(batch.strips(), Kept.features(network)));
    Pass pass = new Pass(machine, batch, tables, observer, work, kept);
    int loops = network.loops().count();
    var share = new EvenShare(batch.tokens(), layers.size() * loops);

    embedding.run(machine, batch, x);
    if (inputs.isPresent()) {
      inputs.get().run(pass, x, kept.inputs());
    }
    if (streams.isPresent()) {
      streams.get().begin(pass, x);
    }
    for (int loop = 1; loop <= loops; loop++) {
      for (int layer = 0; layer < layers.size(); layer++) {
        layers.get(layer).run(pass, x, normed, made);
        if (loop == loops) {
          observer.layer(layer, batch, x);
        }
        progress.advanced(share.next());
      }
      if (loop < loops && network.loops().isNormed()) {
        pass.norm(outputNorm, x, x);
      }
    }
    if (streams.isPresent()) {
      streams.get().end(pass, x, made);
    }
    pass.norm(outputNorm, x, normed);
    observer.input(output.weights().name(), batch, normed);
    return normed;
  }

  private void requirePositions(TokenBatch batch) throws FormatException {
    int positions = network.embedding().positions();
    if (positions > 0 && batch.longest() > positions) {
      throw FormatException.in(
          Path.of(model.name()),
          "has %d learned positions, too few for %d tokens: give a smaller context"
              .formatted(positions, batch.longest()));
    }
  }

  /// Computes the logits of all tokens of the vocabulary.
  ///
  /// @param normed strips that [#evaluate] gave
  /// @param logits as many strips
  public void logits(Activations normed, Activations logits) throws IOException {
    machine.product().multiply(output.weights(), normed, logits);
    boolean isCapped = Float.isFinite(network.logitCap());
    boolean isScaled = network.logitScale() != 1;
    if (output.bias().length > 0 || isScaled || isCapped) {
      machine.eachStrip(
          logits.strips(),
          (strip, _) -> {
            int at = logits.at(strip);
            if (output.bias().length > 0) {
              machine.kernels().addBias(logits.values(), at, logits.features(), output.bias(), 0);
            }
            if (isScaled) {
              Pass.scale(logits.values(), at, logits.stripSize(), network.logitScale());
            }
            if (isCapped) {
              machine
                  .kernels()
                  .softCap(logits.values(), at, logits.stripSize(), 1, network.logitCap());
            }
          });
    }
  }
}

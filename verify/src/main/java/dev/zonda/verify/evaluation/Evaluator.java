package dev.zonda.verify.evaluation;

import dev.zonda.quantize.ProgressListener;
import dev.zonda.verify.forward.ActivationObserver;
import dev.zonda.verify.forward.Buffers;
import dev.zonda.verify.forward.Decoder;
import dev.zonda.verify.forward.TokenBatch;
import dev.zonda.verify.kernels.Activations;
import dev.zonda.verify.kernels.AttentionStrip.Sequence;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Runs token sequences through one or more models side by side and shows the logits of every
/// position that is asked for. No model's logits are held longer than for a few strips.
public final class Evaluator {
  /// Sees the logits of one position. Called from many threads, in any order, once per position.
  @FunctionalInterface
  public interface Visitor {
    /// @param sequence which of the sequences
    /// @param position token in the sequence whose successor is predicted
    /// @param logits for each model an array that holds them
    /// @param at index of the first token's logit in each array
    /// @param worker which thread, for scratch memory
    void visit(int sequence, int position, float[][] logits, int at, int worker) throws IOException;
  }

  /// The positions whose logits are wanted: those of each sequence from `from` to `to - 1`.
  public record Range(int from, int to) {}

  private final EvaluationPlan plan;
  private final Engine engine;
  private final Batching batching;
  private final List<Decoder> decoders;
  private Optional<Buffers> buffers = Optional.empty();
  private Optional<LogitBuffers> logitBuffers = Optional.empty();

  /// @throws dev.zonda.formats.FormatException if a model's tensors are not those of its network
  public Evaluator(EvaluationPlan plan) throws IOException {
    this.plan = plan;
    this.engine = plan.engine();
    this.batching = plan.batching();
    this.decoders = new ArrayList<>();
    for (Workload.Described described : plan.work().models()) {
      decoders.add(Decoder.of(described.model(), described.network(), engine.machine()));
    }
  }

  /// Shows a model's activations to an observer from now on.
  ///
  /// @param model which of the plan's
  public void observe(int model, ActivationObserver observer) {
    decoders.get(model).observe(observer);
  }

  /// @param sequences a run of the plan's work
  /// @throws IllegalArgumentException if they are not
  public void run(List<int[]> sequences, Range range, Visitor visitor, ProgressListener progress)
      throws IOException {
    plan.work().requireRun(sequences);
    engine.awaitWarmUp();
    int length = plan.work().length();
    int perBatch = Math.min(batching.sequencesPerBatch(), sequences.size());
    Buffers memory = buffersFor(perBatch * Math.ceilDiv(length, engine.kernels().lanes()));
    progress.started("evaluating", (long) sequences.size() * length * decoders.size(), "tokens");
    for (int first = 0; first < sequences.size(); first += perBatch) {
      int end = Math.min(first + perBatch, sequences.size());
      TokenBatch batch =
          new TokenBatch(sequences.subList(first, end), first, engine.kernels().lanes());
      int firstSequence = first;
      evaluate(
          batch,
          memory,
          range,
          (sequence, position, logits, at, worker) ->
              visitor.visit(firstSequence + sequence, position, logits, at, worker),
          progress);
    }
    progress.finished();
  }

  /// The buffers of the last run if they are large enough, or else new ones.
  private Buffers buffersFor(int strips) {
    if (buffers.isEmpty() || buffers.get().strips() < strips) {
      buffers = Optional.empty();
      buffers = Optional.of(new Buffers(plan.work().networks(), strips, engine.kernels().lanes()));
    }
    return buffers.get();
  }

  /// The buffers of the last group of strips if they are large enough, or else new ones.
  private LogitBuffers logitsFor(int strips) {
    if (logitBuffers.isEmpty() || logitBuffers.get().strips() < strips) {
      logitBuffers = Optional.empty();
      int workers = engine.workers().count();
      logitBuffers =
          Optional.of(
              new LogitBuffers(plan.work().networks(), strips, workers, engine.kernels().lanes()));
    }
    return logitBuffers.get();
  }

  private void evaluate(
      TokenBatch batch, Buffers memory, Range range, Visitor visitor, ProgressListener progress)
      throws IOException {
    List<Activations> outputs = new ArrayList<>();
    for (int i = 0; i < decoders.size(); i++) {
      outputs.add(decoders.get(i).evaluate(batch, memory, i, progress));
    }
    List<Place> places = places(batch, range);
    int group = Math.min(batching.logitStrips(), places.size());
    LogitBuffers memoryOfLogits = logitsFor(group);
    for (int from = 0; from < places.size(); from += group) {
      List<Place> some = places.subList(from, Math.min(from + group, places.size()));
      List<Activations> logits = new ArrayList<>();
      for (int i = 0; i < decoders.size(); i++) {
        Activations features = memoryOfLogits.features(i, some.size());
        gather(outputs.get(i), some, features);
        logits.add(memoryOfLogits.logits(i, some.size()));
        decoders.get(i).logits(features, logits.getLast());
      }
      show(some, range, logits, memoryOfLogits, visitor);
    }
  }

  /// A strip that holds wanted positions.
  ///
  /// @param strip of the batch
  /// @param sequence of the batch
  /// @param position of the strip's first lane in its sequence
  private record Place(int strip, int sequence, int position) {}

  private static List<Place> places(TokenBatch batch, Range range) {
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < batch.sequences().size(); i++) {
      Sequence sequence = batch.sequences().get(i);
      for (int s = range.from() / batch.lanes(); s * batch.lanes() < range.to(); s++) {
        places.add(new Place(sequence.firstStrip() + s, i, s * batch.lanes()));
      }
    }
    return places;
  }

  private static void gather(Activations all, List<Place> places, Activations some) {
    int size = all.features() * all.lanes();
    for (int i = 0; i < places.size(); i++) {
      int from = all.at(places.get(i).strip());
      System.arraycopy(all.values(), from, some.values(), some.at(i), size);
    }
  }

  private void show(
      List<Place> places,
      Range range,
      List<Activations> logits,
      LogitBuffers memoryOfLogits,
      Visitor visitor)
      throws IOException {
    int vocabulary = logits.getFirst().features();
    int lanes = logits.getFirst().lanes();
    engine
        .workers()
        .run(
            places.size(),
            (index, worker) -> {
              float[][] rows = memoryOfLogits.rows(worker);
              for (int i = 0; i < logits.size(); i++) {
                transpose(logits.get(i), index, rows[i]);
              }
              Place place = places.get(index);
              for (int lane = 0; lane < lanes; lane++) {
                int position = place.position() + lane;
                if (position >= range.from() && position < range.to()) {
                  visitor.visit(place.sequence(), position, rows, lane * vocabulary, worker);
                }
              }
            });
  }

  /// Turns a strip `[features][lanes]` into rows `[lanes][features]`, tile by tile.
  private static void transpose(Activations x, int strip, float[] rows) {
    float[] values = x.values();
    int features = x.features();
    int lanes = x.lanes();
    for (int from = 0; from < features; from += lanes) {
      int end = Math.min(from + lanes, features);
      for (int lane = 0; lane < lanes; lane++) {
        int at = x.at(strip) + lane;
        int row = lane * features;
        for (int f = from; f < end; f++) {
          rows[row + f] = values[at + f * lanes];
        }
      }
    }
  }
}

package dev.zonda.verify.divergence;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.Engine;
import dev.zonda.verify.evaluation.Evaluator;
import dev.zonda.verify.evaluation.LogProbabilities;
import dev.zonda.verify.evaluation.Workload;
import dev.zonda.verify.forward.Decoder;
import dev.zonda.verify.network.Network;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The models of a comparison in step: each batch of chunks goes through all of them, and what they
/// say of a position is compared at once.
final class ComparedModels {
  private final ReferenceSide reference;
  private final List<GgufModel> candidates;
  private final Chunks text;
  private final Engine engine;
  private final Evaluator evaluator;
  private final int vocabulary;
  private final Optional<LayerComparison> layers;
  private final List<Integer> placesInLayers;
  private final PositionComparison[] scratch;
  private final float[][] storedRows;

  private ComparedModels(
      ReferenceSide reference,
      List<GgufModel> candidates,
      Chunks text,
      Engine engine,
      Evaluator evaluator,
      int vocabulary) {
    this.reference = reference;
    this.candidates = candidates;
    this.text = text;
    this.engine = engine;
    this.evaluator = evaluator;
    this.vocabulary = vocabulary;
    this.scratch = new PositionComparison[engine.workers().count()];
    this.storedRows = new float[engine.workers().count()][];
    this.placesInLayers = new ArrayList<>();
    this.layers =
        reference instanceof ReferenceSide.Model ? Optional.of(observe()) : Optional.empty();
  }

  /// What there is to evaluate.
  static Workload workload(ReferenceSide reference, List<GgufModel> candidates, Chunks text)
      throws FormatException {
    List<GgufModel> models = new ArrayList<>();
    if (reference instanceof ReferenceSide.Model(GgufModel model)) {
      models.add(model);
    }
    models.addAll(candidates);
    Workload work = Workload.of(models, text.count(), text.context());
    Network first = work.networks().getFirst();
    boolean hasLayers = reference instanceof ReferenceSide.Model;
    return work.holding(
        new Workload.Held(
            (long) text.scored() * PairedSamples.BYTES_PER_POSITION * candidates.size(),
            hasLayers ? LayerComparison.bytesPerChunk(first, text.count(), text.context()) : 0,
            // The exponentials of both sides, and what was stored of one.
            (long) work.vocabulary() * (hasLayers ? 2 : 3) * Float.BYTES));
  }

  static ComparedModels of(
      ReferenceSide reference,
      List<GgufModel> candidates,
      Chunks text,
      Workload work,
      Engine engine)
      throws IOException {
    List<GgufModel> models = work.models();
    Evaluator evaluator = new Evaluator(engine, work);
    int vocabulary =
        switch (reference) {
          case ReferenceSide.Model(GgufModel model) -> {
            int found = evaluator.decoders().getFirst().spec().vocabulary();
            for (Decoder decoder : evaluator.decoders()) {
              Comparison.requireSameVocabulary(model, found, decoder);
            }
            yield found;
          }
          case ReferenceSide.Stored(StoredLogits logits) -> {
            for (Decoder decoder : evaluator.decoders()) {
              logits.requireSameVocabulary(decoder.model(), decoder.spec());
            }
            yield logits.vocabulary();
          }
        };
    text.requireTokensBelow(vocabulary, models.getFirst());
    return new ComparedModels(reference, candidates, text, engine, evaluator, vocabulary);
  }

  private LayerComparison observe() {
    Decoder first = evaluator.decoders().getFirst();
    LayerComparison comparison = new LayerComparison(first.spec(), text.count(), text.context());
    first.observe(comparison.reference());
    int place = 0;
    for (Decoder decoder : evaluator.decoders().subList(1, evaluator.decoders().size())) {
      boolean fits = comparison.fits(decoder.spec());
      if (fits) {
        decoder.observe(comparison.candidate());
      }
      placesInLayers.add(fits ? place++ : -1);
    }
    return comparison;
  }

  /// Tokens that all models together will read at most.
  long tokens(Chunks chunks) {
    return (long) chunks.count() * chunks.context() * evaluator.decoders().size();
  }

  /// Evaluates some chunks and keeps what is found in the samples.
  void evaluate(List<Integer> chunks, List<PairedSamples> samples, ProgressListener progress)
      throws IOException {
    layers.ifPresent(comparison -> comparison.begin(chunks));
    evaluator.run(
        chunks.stream().map(chunk -> text.inputs().get(chunk)).toList(),
        text.range(),
        (sequence, position, logits, at, worker) -> {
          if (scratch[worker] == null) {
            scratch[worker] = new PositionComparison(engine.kernels(), vocabulary);
          }
          compare(chunks.get(sequence), position, logits, at, worker, samples);
        },
        new WithinTask(progress));
  }

  private void compare(
      int chunk, int position, float[][] logits, int at, int worker, List<PairedSamples> samples)
      throws IOException {
    int target = text.target(chunk, position);
    int index = text.index(chunk, position);
    int first = 0;
    switch (reference) {
      case ReferenceSide.Model(GgufModel model) -> {
        double loss = scratch[worker].reference(logits[0], at, target);
        double _ = LogProbabilities.requireFinite(loss, model, chunk, position);
        first = 1;
      }
      case ReferenceSide.Stored(StoredLogits stored) -> {
        if (storedRows[worker] == null) {
          storedRows[worker] = new float[vocabulary];
        }
        stored.row(index, storedRows[worker]);
        double sum = scratch[worker].stored(storedRows[worker], StoredLogits.CUTOFF, target);
        stored.requireProbabilities(index, sum);
      }
    }
    for (int i = 0; i < candidates.size(); i++) {
      double kld = scratch[worker].candidate(logits[first + i], at, target, samples.get(i), index);
      double _ = LogProbabilities.requireFinite(kld, candidates.get(i), chunk, position);
    }
  }

  /// Relative errors of a candidate's residual stream; empty where there is nothing to compare.
  List<Double> byLayer(int candidate) {
    return layers
        .filter(_ -> placesInLayers.get(candidate) >= 0)
        .map(comparison -> comparison.relativeErrors(placesInLayers.get(candidate)))
        .orElse(List.of());
  }

  /// Progress of a part of a task: the task was started before, and goes on.
  private record WithinTask(ProgressListener task) implements ProgressListener {
    @Override
    public void started(String name, long units, String unit) {}

    @Override
    public void advanced(long units) {
      task.advanced(units);
    }

    @Override
    public void finished() {}
  }
}

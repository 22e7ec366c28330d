package dev.zonda.verify.divergence;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.EvaluationPlan;
import dev.zonda.verify.evaluation.Evaluator;
import dev.zonda.verify.evaluation.LogProbabilities;
import dev.zonda.verify.evaluation.Workload;
import dev.zonda.verify.network.Network;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The models of a comparison in step: each batch of chunks goes through all of them, and their
/// predictions at a position are compared at once.
final class ComparedModels {
  private final ReferenceSide reference;
  private final List<GgufModel> candidates;
  private final Chunks text;
  private final EvaluationPlan plan;
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
      EvaluationPlan plan,
      Evaluator evaluator) {
    this.reference = reference;
    this.candidates = candidates;
    this.text = text;
    this.plan = plan;
    this.evaluator = evaluator;
    this.vocabulary = plan.work().vocabulary();
    this.scratch = new PositionComparison[plan.engine().workers().count()];
    this.storedRows = new float[plan.engine().workers().count()][];
    this.placesInLayers = new ArrayList<>();
    this.layers =
        reference instanceof ReferenceSide.Model ? Optional.of(observe()) : Optional.empty();
  }

  /// The work of comparing all chunks at once.
  ///
  /// @throws FormatException if a model cannot be evaluated, or has another vocabulary
  static Workload workload(ReferenceSide reference, List<GgufModel> candidates, Chunks text)
      throws FormatException {
    List<GgufModel> models = new ArrayList<>();
    if (reference instanceof ReferenceSide.Model(GgufModel model)) {
      models.add(model);
    }
    models.addAll(candidates);
    Workload work = Workload.of(models, text.count(), text.context());
    requireSameVocabulary(reference, work);
    Network first = work.networks().getFirst();
    boolean hasLayers = reference instanceof ReferenceSide.Model;
    return work.holding(
        new Workload.Held(
            (long) text.scored() * PairedSamples.BYTES_PER_POSITION * candidates.size(),
            hasLayers ? LayerComparison.bytesPerChunk(first, text.count(), text.context()) : 0,
            // The exponentials of both sides, and the stored logits of one.
            (long) work.vocabulary() * (hasLayers ? 2 : 3) * Float.BYTES));
  }

  static ComparedModels of(
      ReferenceSide reference, List<GgufModel> candidates, Chunks text, EvaluationPlan plan)
      throws IOException {
    Evaluator evaluator = new Evaluator(plan);
    text.requireTokensBelow(plan.work().vocabulary(), plan.work().model());
    return new ComparedModels(reference, candidates, text, plan, evaluator);
  }

  private static void requireSameVocabulary(ReferenceSide reference, Workload work)
      throws FormatException {
    for (Workload.Described described : work.models()) {
      int found = described.network().vocabulary();
      int expected =
          switch (reference) {
            case ReferenceSide.Model _ -> work.networks().getFirst().vocabulary();
            case ReferenceSide.Stored(StoredLogits logits) -> logits.vocabulary();
          };
      if (found != expected) {
        throw FormatException.in(
            Path.of(described.model().name()),
            "has %d tokens, but %s has %d: divergence needs the same vocabulary"
                .formatted(found, reference.name(), expected));
      }
      if (reference instanceof ReferenceSide.Model(GgufModel model)) {
        requireSameTokens(model, described.model());
      }
    }
  }

  private static void requireSameTokens(GgufModel reference, GgufModel model)
      throws FormatException {
    String key = "tokenizer.ggml.tokens";
    var ours = model.metadata().array(key);
    var theirs = reference.metadata().array(key);
    if (ours.isPresent() && theirs.isPresent() && !ours.equals(theirs)) {
      throw FormatException.in(
          Path.of(model.name()),
          "has other tokens than %s (%s): divergence needs the same vocabulary"
              .formatted(reference.name(), key));
    }
  }

  private LayerComparison observe() {
    List<Network> networks = plan.work().networks();
    LayerComparison comparison =
        new LayerComparison(networks.getFirst(), text.count(), text.context());
    evaluator.observe(0, comparison.reference());
    int place = 0;
    for (int model = 1; model < networks.size(); model++) {
      boolean fits = comparison.fits(networks.get(model));
      if (fits) {
        evaluator.observe(model, comparison.candidate());
      }
      placesInLayers.add(fits ? place++ : -1);
    }
    return comparison;
  }

  /// Tokens that all models together will read at most.
  long tokens(Chunks chunks) {
    return (long) chunks.count() * chunks.context() * plan.work().models().size();
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
            scratch[worker] = new PositionComparison(plan.engine().kernels(), vocabulary);
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

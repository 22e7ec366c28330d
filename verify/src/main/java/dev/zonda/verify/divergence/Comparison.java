package dev.zonda.verify.divergence;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.evaluation.EvaluationPlan;
import dev.zonda.verify.evaluation.Workload;
import dev.zonda.verify.gates.Baseline;
import dev.zonda.verify.gates.GateOutcome;
import dev.zonda.verify.gates.Metric;
import dev.zonda.verify.gates.SequentialGates;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/// Measures candidates against a reference on the same tokens in the same run, until the text ends
/// or all gates are decided.
public final class Comparison {
  /// Seed of the order in which chunks are read, where it is not that of the text.
  private static final long SEED = 20_261_001;

  private final ReferenceSide reference;
  private final List<GgufModel> candidates;
  private final Chunks text;
  private final ComparisonOptions options;
  private final Workload work;

  /// The results of a comparison.
  ///
  /// @param divergences of each candidate
  /// @param gates the outcome of each gate for each candidate
  /// @param chunks how many were read
  /// @param chunkMeans of each candidate, for later runs; empty unless the whole text was read
  /// @param looks the times of the looks at the gates, by the number of chunks read by then
  public record Result(
      List<Divergence> divergences,
      List<GateOutcome> gates,
      int chunks,
      List<Baseline> chunkMeans,
      SequencedMap<Integer, Duration> looks) {}

  private Comparison(
      ReferenceSide reference, List<GgufModel> candidates, Chunks text, ComparisonOptions options)
      throws FormatException {
    this.reference = reference;
    this.candidates = List.copyOf(candidates);
    this.text = text;
    this.options = options;
    this.work = ComparedModels.workload(reference, candidates, text).in(runs());
  }

  /// @throws FormatException if a model cannot be evaluated, or a candidate has another vocabulary
  public static Comparison of(
      ReferenceSide reference, List<GgufModel> candidates, Chunks text, ComparisonOptions options)
      throws FormatException {
    return new Comparison(reference, candidates, text, options);
  }

  /// The work of the comparison if no gate is decided before the end of the text.
  public Workload workload() {
    return work;
  }

  /// Evaluates the models.
  ///
  /// @param plan for the [#workload]
  /// @throws FormatException if a model's tensors are not those of its network, or gives logits
  ///   that are not finite
  public Result run(EvaluationPlan plan, ProgressListener progress) throws IOException {
    if (!plan.work().equals(work)) {
      throw new IllegalArgumentException("the plan is for other work");
    }
    ComparedModels models = ComparedModels.of(reference, candidates, text, plan);
    List<PairedSamples> samples =
        candidates.stream()
            .map(model -> new PairedSamples(model.name(), text.count(), text.scoredPerChunk()))
            .toList();
    SequentialGates gates =
        new SequentialGates(
            options.gates(), candidates.size(), text.count(), options.error(), options.baselines());

    List<Integer> order = order();
    int read = 0;
    long start = System.nanoTime();
    SequencedMap<Integer, Duration> seen = new LinkedHashMap<>();
    progress.started("evaluating", models.tokens(text), "tokens");
    try {
      for (int look : looks()) {
        models.evaluate(order.subList(read, look), samples, progress);
        read = look;
        gates.look(samples, sorted(order.subList(0, read)));
        seen.put(read, Duration.ofNanos(System.nanoTime() - start));
        if (gates.areDecided() && options.stop() == ComparisonOptions.Stop.WHEN_DECIDED) {
          break;
        }
      }
    } finally {
      progress.finished();
    }

    int[] chunks = sorted(order.subList(0, read));
    List<Divergence> divergences = new ArrayList<>();
    for (int i = 0; i < samples.size(); i++) {
      divergences.add(
          new DivergenceStatistics(samples.get(i), text, chunks).divergence(models.byLayer(i)));
    }
    return new Result(
        divergences,
        gates.outcomes(),
        read,
        read == text.count() ? means(samples) : List.of(),
        seen);
  }

  /// Gates are decided from the first chunks on, which must be a sample of the whole text and not
  /// its beginning.
  private List<Integer> order() {
    List<Integer> order = new ArrayList<>(IntStream.range(0, text.count()).boxed().toList());
    if (!options.gates().isEmpty()) {
      Collections.shuffle(order, new Random(SEED));
    }
    return order;
  }

  /// Chunks from one look to the next.
  private List<Integer> runs() {
    List<Integer> runs = new ArrayList<>();
    int read = 0;
    for (int look : looks()) {
      runs.add(look - read);
      read = look;
    }
    return runs;
  }

  private List<Integer> looks() {
    return options.gates().isEmpty() ? List.of(text.count()) : SequentialGates.looks(text.count());
  }

  private static int[] sorted(List<Integer> chunks) {
    return chunks.stream().mapToInt(Integer::intValue).sorted().toArray();
  }

  private List<Baseline> means(List<PairedSamples> samples) {
    int[] all = IntStream.range(0, text.count()).toArray();
    List<Baseline> baselines = new ArrayList<>();
    for (PairedSamples own : samples) {
      Map<Metric, double[]> means = new EnumMap<>(Metric.class);
      for (Metric metric : Metric.values()) {
        if (metric.quantile().isEmpty()) {
          means.put(metric, own.means(metric, all));
        }
      }
      baselines.add(new Baseline(means));
    }
    return baselines;
  }
}

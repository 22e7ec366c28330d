package dev.zonda.cli.reports;

import dev.zonda.verify.divergence.Divergence;
import dev.zonda.verify.gates.GateOutcome;
import dev.zonda.verify.gates.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/// What `zonda compare` has found. [CompareJson] is its JSON.
///
/// @param reference what was compared with
/// @param referenceSize if it is a model
/// @param context tokens per chunk
/// @param chunks that were read
/// @param ofChunks that the text has
/// @param candidates with their divergences
/// @param gates every gate that was set, for every candidate
/// @param looks times of the looks at the gates, by the number of chunks read by then
public record CompareReport(
    String reference,
    Optional<ModelSize> referenceSize,
    int context,
    int chunks,
    int ofChunks,
    List<Candidate> candidates,
    List<GateOutcome> gates,
    SequencedMap<Integer, Duration> looks) {

  /// @param divergence from the reference
  public record Candidate(Divergence divergence, ModelSize size) {
    String model() {
      return divergence.model();
    }

    /// Whether it is further away than quantization explains.
    boolean isUnusual() {
      return divergence.kld().mean() > UsualDivergence.most(size.bitsPerWeight());
    }

    Closeness closeness() {
      return Closeness.of(divergence.kld().mean());
    }
  }

  /// The verdict on all gates together.
  public Verdict verdict() {
    return Verdict.of(gates.stream().map(GateOutcome::verdict).toList());
  }

  List<Divergence> divergences() {
    return candidates.stream().map(Candidate::divergence).toList();
  }

  /// The time after which a gate was decided.
  Duration elapsed(GateOutcome gate) {
    return looks.getOrDefault(gate.chunks(), elapsed());
  }

  /// The time of the whole evaluation.
  Duration elapsed() {
    return looks.isEmpty() ? Duration.ZERO : looks.lastEntry().getValue();
  }
}

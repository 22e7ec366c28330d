package dev.zonda.verify.evaluation;

import dev.zonda.verify.forward.Buffers;
import dev.zonda.verify.forward.Decoder;
import dev.zonda.verify.kernels.AttentionStrip;
import dev.zonda.verify.network.Network;
import java.util.List;

/// How sequences are cut into batches, and how much memory that takes. All tokens of a batch go
/// through one layer after the other, so that each weight is read once per batch. Its components
/// are those of `--dry-run --json`.
///
/// @param sequencesPerBatch chunks of the text that are evaluated together
/// @param batches how often all weights are read
/// @param logitStrips how many strips of logits of each model are held at once
/// @param activationBytes memory for activations, and for whatever else is kept of a batch
/// @param logitBytes memory for logits
/// @param scratchBytes memory of the threads for weights in work and for scores of attention
/// @param heldBytes memory kept from beginning to end: norms, biases, tables of positions, and what
///   is measured
/// @param leastBytes memory for all of this with the smallest batch
public record Batching(
    int sequencesPerBatch,
    int batches,
    int logitStrips,
    long activationBytes,
    long logitBytes,
    long scratchBytes,
    long heldBytes,
    long leastBytes) {

  /// Logits take at most this fraction of the memory: one part of so many.
  private static final int LOGITS_SHARE = 4;

  private static final int MAX_LOGIT_STRIPS = 1 << 10;

  /// Batches for the memory that the engine may take.
  static Batching of(Workload work, Engine engine) {
    List<Network> networks = work.networks();
    int lanes = engine.kernels().lanes();
    int threads = engine.workers().count();
    long padded = (long) Math.ceilDiv(work.length(), lanes) * lanes;

    long row = networks.stream().mapToLong(Decoder::rowFloats).max().orElseThrow();
    long states =
        networks.stream().mapToLong(network -> Decoder.stateBytes(network, lanes)).max().orElse(0);
    long perThread =
        work.weightScratch()
            + work.held().perThread()
            + Math.max(
                Math.max(row * Float.BYTES, states), AttentionStrip.scratchBytes(padded, lanes));
    long scratch = Math.multiplyExact(perThread, threads);
    long tables = networks.stream().mapToLong(Decoder::tableFloatsPerPosition).sum();
    long held =
        Math.addExact(
            Math.addExact(work.held().bytes(), work.keptWeights()), padded * tables * Float.BYTES);

    // Each strip of logits, with the activations that it comes from; a thread transposes one.
    long vocabulary = networks.stream().mapToLong(Network::vocabulary).sum();
    long features = networks.stream().mapToLong(Network::hidden).sum();
    long logitStrip = (vocabulary + features) * lanes * Float.BYTES;
    long turned = Math.multiplyExact(vocabulary * lanes * Float.BYTES, threads);
    long perSequence =
        Math.addExact(
            Math.multiplyExact(padded * Float.BYTES, Buffers.floatsPerToken(networks)),
            work.held().perSequence());

    long memory = engine.memory() - Math.addExact(scratch, held);
    int mostStrips = Math.clamp((memory / LOGITS_SHARE - turned) / logitStrip, 1, MAX_LOGIT_STRIPS);
    long fitting = (memory - turned - logitStrip * mostStrips) / perSequence;
    long addressable = Integer.MAX_VALUE / (padded * Buffers.largestArrayPerToken(networks));
    long wanted = Math.max(1, engine.maxBatchTokens() / padded);
    int perBatch =
        Math.clamp(Math.min(wanted, Math.min(fitting, addressable)), 1, work.largestRun());
    int logitStrips = (int) Math.min(mostStrips, perBatch * (padded / lanes));
    return new Batching(
        perBatch,
        work.runs().stream().mapToInt(run -> Math.ceilDiv(run, perBatch)).sum(),
        logitStrips,
        perSequence * perBatch,
        turned + logitStrip * logitStrips,
        scratch,
        held,
        perSequence + turned + logitStrip + scratch + held);
  }

  /// All of it together.
  public long bytes() {
    return activationBytes + logitBytes + scratchBytes + heldBytes;
  }
}

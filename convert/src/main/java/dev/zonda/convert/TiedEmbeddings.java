package dev.zonda.convert;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.expression.Load;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Target;
import dev.zonda.formats.FormatException;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Tells where config.json and the weights disagree on whether the output matrix is the embedding.
/// The weights are believed, as transformers does: an output matrix that differs from the embedding
/// is written, one that is not there cannot be.
final class TiedEmbeddings {
  private static final String EMBEDDING = "token_embd.weight";
  private static final String TIED = "tie_word_embeddings";
  private static final String OUTPUT = "output.weight";

  private static final int PIECE_BYTES = 1 << 20;

  private TiedEmbeddings() {}

  /// The tensors to write.
  static List<Target> check(
      ModelConfig config, Family family, List<Target> targets, Fidelity fidelity, Notes notes)
      throws FormatException {
    boolean isTied = config.is(TIED);
    Optional<Target> output = find(targets, OUTPUT);
    if (output.isEmpty()) {
      if (!isTied) {
        notes.add(
            OUTPUT
                + " is missing, though config.json does not tie the embeddings: the embedding will"
                + " serve as the output matrix");
      }
      return targets;
    }
    boolean referenceSkips =
        switch (family.outputMatrix()) {
          case WRITE, SKIP_IF_SAME -> false;
          case SKIP_IF_TIED -> isTied;
          case SKIP -> true;
        };
    // Where config.json says that they are two, they are not read to be compared.
    boolean isUntied = config.fields().mentions(TIED) && !isTied;
    boolean skipsIfSame =
        family.outputMatrix() == Family.OutputMatrix.SKIP_IF_SAME
            && (fidelity == Fidelity.AS_REFERENCE || !isUntied);
    if (!isTied && !referenceSkips && !skipsIfSame) {
      return targets;
    }
    Optional<Target> embedding = find(targets, EMBEDDING);
    boolean differs = embedding.isEmpty() || !isSame(embedding.get(), output.get());
    if (skipsIfSame) {
      if (differs && isTied) {
        notes.add(differing(output.get(), embedding, isTied, outcome(false, false)));
      }
      return differs ? targets : without(targets);
    }
    boolean skips = referenceSkips && (!differs || fidelity == Fidelity.AS_REFERENCE);
    if (differs) {
      notes.add(differing(output.get(), embedding, isTied, outcome(skips, referenceSkips)));
    }
    return skips ? without(targets) : targets;
  }

  private static List<Target> without(List<Target> targets) {
    return targets.stream().filter(target -> !target.name().equals(OUTPUT)).toList();
  }

  private static String differing(
      Target output, Optional<Target> embedding, boolean isTied, String outcome) {
    return "%s differs from %s%s: %s"
        .formatted(
            output.source(),
            embedding.map(Target::source).orElse("the embedding"),
            isTied ? ", though config.json ties them" : "",
            outcome);
  }

  private static String outcome(boolean skips, boolean referenceSkips) {
    if (skips) {
      return "it is left out, as llama.cpp's converter does";
    }
    return referenceSkips
        ? "it is the output matrix; llama.cpp's converter leaves it out (--as-reference)"
        : "it is the output matrix, as transformers uses it";
  }

  private static Optional<Target> find(List<Target> targets, String name) {
    return targets.stream().filter(target -> target.name().equals(name)).findFirst();
  }

  private static boolean isSame(Target one, Target other) {
    return one.values() instanceof Load first
        && other.values() instanceof Load second
        && first.type() == second.type()
        && first.shape().equals(second.shape())
        && haveSameBytes(first, second);
  }

  /// Two places of a compressed archive are not read alternately, but one after the other.
  private static boolean haveSameBytes(Load first, Load second) {
    boolean isOrdered = first.checkpoint().position(first.tensor(), 0).isPresent();
    return isOrdered
        ? Arrays.equals(hash(first), hash(second))
        : first
                .checkpoint()
                .data(first.tensor())
                .mismatch(second.checkpoint().data(second.tensor()))
            < 0;
  }

  private static byte[] hash(Load load) {
    MessageDigest digest = sha256();
    long bytes = load.tensor().bytes();
    MemorySegment scratch = MemorySegment.ofArray(new byte[PIECE_BYTES]);
    for (long done = 0; done < bytes; done += PIECE_BYTES) {
      long here = Math.min(PIECE_BYTES, bytes - done);
      digest.update(load.checkpoint().data(load.tensor(), done, here, scratch).asByteBuffer());
    }
    return digest.digest();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}

package dev.zonda.convert.rules;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.util.OptionalDouble;

/// By how much rotary embedding enlarges queries and keys, so that attention stays sharp in longer
/// texts. llama.cpp has formulas of its own; where they give another result than transformers',
/// `rope.scaling.attn_factor` corrects it.
public final class RopeMagnitude {
  private static final String FACTOR = "rope.scaling.attn_factor";
  private static final String MULTIPLIER = "rope.scaling.yarn_log_multiplier";

  /// A difference too small to matter in single precision.
  private static final double TOLERANCE = 1e-6;

  private RopeMagnitude() {}

  /// What transformers multiplies cosines and sines with.
  public static double of(RopeParameters rope) throws FormatException {
    String type = rope.type();
    boolean isYarn = type.equals("yarn");
    if (!isYarn && !type.equals("longrope") && !type.equals("su")) {
      return 1;
    }
    OptionalDouble said = rope.real("attention_factor");
    if (said.isPresent()) {
      if (said.getAsDouble() <= 0) {
        throw rope.problem(
            "attention_factor", "is %s, expected more than 0".formatted(said.getAsDouble()));
      }
      return said.getAsDouble();
    }
    return isYarn ? ofYarn(rope) : ofLength(rope);
  }

  /// The same, whatever the type is called.
  public static double ofLongRope(RopeParameters rope) throws FormatException {
    return rope.real("attention_factor").isPresent() || !rope.type().equals("yarn")
        ? of(rope)
        : ofLength(rope);
  }

  private static double ofYarn(RopeParameters rope) throws FormatException {
    double numerator = rope.real("mscale", 0);
    double denominator = rope.real("mscale_all_dim", 0);
    return numerator != 0 && denominator != 0
        ? yarn(rope.factor(), numerator) / yarn(rope.factor(), denominator)
        : yarn(rope.factor(), 1);
  }

  private static double ofLength(RopeParameters rope) throws FormatException {
    double factor = rope.factor();
    return factor <= 1
        ? 1
        : Math.sqrt(1 + Math.log(factor) / Math.log((double) rope.originalLength()));
  }

  /// YaRN's magnitude in texts that are longer by a factor.
  public static double yarn(double factor, double multiplier) {
    return factor <= 1 ? 1 : 0.1 * multiplier * Math.log(factor) + 1;
  }

  /// Writes the magnitude where a reader would take another one.
  public static void write(
      MetadataRule.Source source, RopeParameters rope, Metadata.Builder metadata)
      throws FormatException {
    write(source, rope, 0, metadata);
  }

  /// Does so for files with a multiplier.
  ///
  /// @param multiplier of the logarithm in what the magnitude is divided by; 0 if it is not divided
  public static void write(
      MetadataRule.Source source, RopeParameters rope, double multiplier, Metadata.Builder metadata)
      throws FormatException {
    boolean isYarn = rope.type().equals("yarn");
    double taken = isYarn ? yarn(rope.factor(), 1) / yarn(rope.factor(), multiplier) : 1;
    double factor = of(rope) / taken;
    if (isOne(factor)) {
      return;
    }
    boolean isHeld =
        switch (rope.type()) {
          case "yarn" -> source.rope() != RopeStyle.BY_LAYER_TYPE;
          case "longrope", "su" -> source.accepts(RopeFactors.LONG);
          default -> false;
        };
    if (isHeld) {
      metadata.putFloat32(source.key(FACTOR), (float) factor);
      source.noteDropped("attention factor", of(rope), FACTOR);
    } else {
      source.unwritten().putFloat32(source.key(FACTOR), (float) factor);
      source
          .notes()
          .add(
              "attention factor is %s, which GGUF has no key for in this family: the file has %s"
                  .formatted(of(rope), taken));
    }
  }

  /// The same for latent attention, which also has a multiplier for scores.
  public static void writeLatent(
      MetadataRule.Source source, RopeParameters rope, Metadata.Builder metadata)
      throws FormatException {
    if (rope.fields().isEmpty()) {
      return;
    }
    OptionalDouble said = rope.real("mscale_all_dim");
    Latent asSaid = new Latent(source.rope(), rope, said.orElse(0));
    if (!source.isCorrected() || asSaid.isRight(1)) {
      said.ifPresent(value ->
          // A tenth, for historical reasons of llama.cpp's.
          metadata.putFloat32(source.key(MULTIPLIER), (float) (0.1 * value)));
      return;
    }
    Latent solved = asSaid.solved();
    double factor = solved.factor();
    if (!solved.isRight(factor)) {
      throw rope.problem(
          "attention_factor", "is set without a factor for lengths, which cannot be evaluated");
    }
    boolean isHeld = rope.type().equals("yarn") || rope.type().equals("linear");
    Metadata.Builder target = isHeld ? metadata : source.unwritten();
    target.putFloat32(source.key(MULTIPLIER), (float) (0.1 * solved.multiplier()));
    if (!isOne(factor)) {
      target.putFloat32(source.key(FACTOR), (float) factor);
    }
    if (isHeld) {
      source.noteDropped("attention factor", of(rope), FACTOR + " and " + MULTIPLIER);
    }
  }

  private static boolean isOne(double factor) {
    return Math.abs(factor - 1) < TOLERANCE;
  }

  /// What llama.cpp makes of a multiplier in latent attention.
  private record Latent(RopeStyle style, RopeParameters rope, double multiplier) {
    private boolean isYarn() throws FormatException {
      return rope.type().equals("yarn");
    }

    private double length() throws FormatException {
      return rope.type().equals("default") ? 1 : rope.factor();
    }

    /// The magnitude of cosines and sines, without the factor.
    private double ofRotation() throws FormatException {
      if (!isYarn()) {
        return 1;
      }
      double all = yarn(length(), 1);
      if (style == RopeStyle.LATENT_DIVIDED) {
        return all / yarn(length(), multiplier);
      }
      return multiplier == 0 ? all : 1;
    }

    /// The magnitude of queries and keys as a whole.
    private double ofScores(double factor) throws FormatException {
      double rotation = factor * ofRotation();
      return (isYarn() ? rotation : rotation * yarn(length(), 1)) * yarn(length(), multiplier);
    }

    private double wantedOfScores() throws FormatException {
      double all = rope.real("mscale_all_dim", 0);
      return rope.type().equals("default") || all == 0 ? 1 : yarn(rope.factor(), all);
    }

    boolean isRight(double factor) throws FormatException {
      return isOne(factor * ofRotation() / of(rope)) && isOne(ofScores(factor) / wantedOfScores());
    }

    double factor() throws FormatException {
      return of(rope) / ofRotation();
    }

    /// The multiplier with which scores are right.
    Latent solved() throws FormatException {
      double length = length();
      if (length <= 1) {
        return this;
      }
      double before = isYarn() ? of(rope) : of(rope) * yarn(length, 1);
      double solution = (wantedOfScores() / before - 1) / (0.1 * Math.log(length));
      return new Latent(style, rope, Math.abs(solution) < TOLERANCE ? 0 : solution);
    }
  }
}

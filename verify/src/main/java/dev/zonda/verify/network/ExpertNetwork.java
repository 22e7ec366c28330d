package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.kernels.Activation;
import dev.zonda.verify.kernels.ActivationFunction;
import dev.zonda.verify.kernels.BoundedSilu;
import dev.zonda.verify.kernels.ClampedSilu;
import dev.zonda.verify.kernels.LimitedSilu;
import java.util.Optional;

/// Many networks; a router chooses some of them for each token.
///
/// @param experts how many there are
/// @param used how many a token goes through
/// @param form of each of them
/// @param routing how they are chosen and weighted
/// @param shared an expert that all tokens go through besides the chosen ones
/// @param adjugates smaller experts, each beside several others
/// @param isRoutedAhead whether the router sees what the layer sees, before attention and its norm
public record ExpertNetwork(
    int experts,
    int used,
    Form form,
    Routing routing,
    Optional<Shared> shared,
    Optional<Adjugates> adjugates,
    boolean isRoutedAhead)
    implements FeedForward {
  /// What each expert is.
  ///
  /// @param length features inside
  /// @param isGated whether it has a gate, as the expert for all tokens has, too
  /// @param latent features that it sees and makes: matrices before and behind all experts make
  ///   them of those of the residual stream (`ffn_latent_down`, `ffn_latent_up`). Zero if it sees
  ///   these
  public record Form(int length, Activation activation, boolean isGated, int latent) {}

  /// An expert for all tokens.
  ///
  /// @param length features inside
  /// @param isGated whether each token decides how much of it to take (`ffn_gate_inp_shexp`)
  /// @param suffix of its tensors' names
  /// @param scale factor of what it gives
  /// @param own activation, if it is not that of the others
  public record Shared(
      int length, boolean isGated, String suffix, float scale, Optional<Activation> own) {
    public Shared(int length, boolean isGated) {
      this(length, isGated, Optional.empty());
    }

    public Shared(int length, boolean isGated, Optional<Activation> own) {
      this(length, isGated, "_shexp", 1, own);
    }

    /// One that is no expert by its name.
    public static Shared dense(int length, double scale) {
      return new Shared(length, false, "", (float) scale, Optional.empty());
    }
  }

  /// Experts that a token passes besides one of a group that it is sent to, with the same weight.
  ///
  /// @param group experts that share one
  /// @param length features inside
  /// @param scale factor of what it gives
  public record Adjugates(int group, int length, float scale) {}

  /// Experts with the numbers that the metadata name.
  ///
  /// @param usual activation of the family
  public static ExpertNetwork of(Keys keys, ActivationFunction usual, Routing routing)
      throws FormatException {
    return activated(keys, FeedForward.activation(keys, usual), routing);
  }

  /// Experts with an activation that is always the family's own.
  public static ExpertNetwork bounded(Keys keys, BoundedSilu activation, Routing routing)
      throws FormatException {
    return activated(keys, activation, routing);
  }

  /// The same with another kind of bounds.
  public static ExpertNetwork clamped(Keys keys, ClampedSilu activation, Routing routing)
      throws FormatException {
    return activated(keys, activation, routing);
  }

  /// The same with the result of the gate's activation bounded.
  public static ExpertNetwork limited(Keys keys, LimitedSilu activation, Routing routing)
      throws FormatException {
    return activated(keys, activation, routing);
  }

  private static ExpertNetwork activated(Keys keys, Activation activation, Routing routing)
      throws FormatException {
    int experts = keys.count("expert_count");
    int used = keys.count("expert_used_count");
    if (used > experts) {
      throw keys.error("uses %d experts per token, but has only %d".formatted(used, experts));
    }
    if (experts % routing.groups() != 0
        || routing.usedGroups() > routing.groups()
        || used > experts / routing.groups() * routing.usedGroups()) {
      throw keys.error(
          "cannot choose %d of %d experts from %d of %d groups"
              .formatted(used, experts, routing.usedGroups(), routing.groups()));
    }
    String own = "expert_feed_forward_length";
    int length = keys.count(keys.has(own) ? own : "feed_forward_length");
    if ((long) experts * length > Integer.MAX_VALUE / 2) {
      throw keys.error(
          "has %d experts of length %d, which is too large".formatted(experts, length));
    }
    return new ExpertNetwork(
        experts,
        used,
        new Form(length, activation, true, 0),
        routing,
        Optional.empty(),
        Optional.empty(),
        false);
  }

  /// Features inside an expert.
  public int length() {
    return form.length();
  }

  public Activation activation() {
    return form.activation();
  }

  /// These experts without gates.
  ///
  /// @param latent features that they see; zero if they see those of the residual stream
  public ExpertNetwork plain(int latent) {
    return new ExpertNetwork(
        experts,
        used,
        new Form(form.length(), form.activation(), false, latent),
        routing,
        shared,
        adjugates,
        isRoutedAhead);
  }

  /// These experts with a shared one for all tokens.
  public ExpertNetwork with(Shared expert) {
    return new ExpertNetwork(
        experts, used, form, routing, Optional.of(expert), adjugates, isRoutedAhead);
  }

  /// These experts with smaller ones beside them.
  public ExpertNetwork with(Adjugates smaller) {
    return new ExpertNetwork(
        experts, used, form, routing, shared, Optional.of(smaller), isRoutedAhead);
  }

  /// These experts with a router that sees what the layer sees.
  public ExpertNetwork routedAhead() {
    return new ExpertNetwork(experts, used, form, routing, shared, adjugates, true);
  }

  /// These experts with shared ones for all tokens, which are one network.
  ///
  /// @param count of shared experts
  /// @param inner features inside one of them
  public ExpertNetwork withShared(Keys keys, int count, int inner) throws FormatException {
    long all = (long) count * inner;
    if (all > Keys.MAX_COUNT) {
      throw keys.error(
          "has %d shared experts of length %d, which is too large".formatted(count, inner));
    }
    return all == 0 ? this : with(new Shared((int) all, false));
  }
}

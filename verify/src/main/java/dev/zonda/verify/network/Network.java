package dev.zonda.verify.network;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.kernels.ActivationFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A decoder network as its GGUF metadata describe it: everything about the forward pass but the
/// weights. Made by [#builder].
///
/// @param hidden features of the residual stream
/// @param vocabulary tokens, from the shape of the embedding
/// @param embedding how tokens become features
/// @param norm the kind of all norms of the residual stream
/// @param residual how the parts of a layer are put together
/// @param beside what each layer has beside both of its parts
/// @param inputs what each layer sees of tokens besides the residual stream
/// @param altUp the residual streams, where there are several
/// @param outputScale tensor of a factor of a layer's result, if it has one
/// @param layers from first to last
/// @param loops how often all layers are passed
/// @param outputNorm tensor of the norm of the last layer's result, without `.weight`
/// @param predictors how many layers follow in the model that predict further tokens, and take no
///   part in the forward pass
/// @param logitScale factor of all logits, before they are capped
/// @param logitCap that logits approach softly; infinite if there is none
public record Network(
    int hidden,
    int vocabulary,
    Embedding embedding,
    Norm norm,
    Residual residual,
    Optional<Beside> beside,
    Optional<LayerInputs> inputs,
    Optional<AltUp> altUp,
    Optional<String> outputScale,
    List<Layer> layers,
    Loops loops,
    String outputNorm,
    int predictors,
    float logitScale,
    float logitCap) {
  /// The tensor of embeddings.
  public static final String EMBEDDING = "token_embd.weight";

  /// The tensor of learned positions.
  public static final String POSITIONS = "position_embd.weight";

  private static final String TOKENS = "tokenizer.ggml.tokens";

  private static final Pattern LAYER = Pattern.compile("blk\\.([0-9]{1,9})\\.(.*)");

  /// Tensors that a layer may have though it uses keys and values of another.
  private static final Set<String> UNSHARED =
      Set.of("attn_k.weight", "attn_v.weight", "attn_k_norm.weight", "attn_k.bias", "attn_v.bias");

  /// How tokens become features.
  ///
  /// @param scale factor of all embeddings
  /// @param positions how many positions have a learned summand; 0 if none
  /// @param isNormed whether a norm follows
  public record Embedding(float scale, int positions, boolean isNormed) {}

  /// How often all layers are passed, one pass after the other.
  ///
  /// @param isNormed whether the output's norm follows each pass, or only the last one
  public record Loops(int count, boolean isNormed) {
    static final Loops ONE = new Loops(1, true);
  }

  /// How parts of a layer are put together.
  ///
  /// @param isParallel whether both parts see the layer's input, or the second sees the result of
  ///   the first
  /// @param isOfNorm whether a part's result is added to its normed input, instead of the input
  /// @param scale factor of parts' results
  /// @param attentionNorm tensor of the norm before attention, without `.weight`, if there is one
  /// @param feedForwardNorm tensor of the norm before the feed-forward network, if there is one
  /// @param attentionPostNorm tensor of a norm of what attention gives
  /// @param feedForwardPostNorm tensor of a norm of what the feed-forward network gives
  public record Residual(
      boolean isParallel,
      boolean isOfNorm,
      float scale,
      Optional<String> attentionNorm,
      Optional<String> feedForwardNorm,
      Optional<String> attentionPostNorm,
      Optional<String> feedForwardPostNorm) {}

  /// A network that sees the input of a layer, and whose result is added behind the others'.
  ///
  /// @param norm tensor of the norm before it, without `.weight`
  public record Beside(String norm, FeedForward network) {}

  /// One layer.
  public record Layer(Attention attention, FeedForward feedForward) {}

  /// Whether tokens see those after them: such a network fills gaps in a text.
  public boolean seesLaterTokens() {
    return layers.stream()
        .anyMatch(layer ->
            layer.attention() instanceof HeadAttention heads && heads.window().seesLater());
  }

  /// A value for each layer.
  @FunctionalInterface
  public interface PerLayer<T> {
    T of(int layer) throws FormatException;
  }

  /// Whether a tensor takes no part in the forward pass: it belongs to a layer that predicts
  /// further tokens, or is for keys and values where a layer uses those of another.
  public boolean isPassedOver(String tensor) {
    Matcher layer = LAYER.matcher(tensor);
    if (!layer.matches()) {
      return false;
    }
    int number = Integer.parseInt(layer.group(1));
    return number < layers.size()
        ? layers.get(number).attention() instanceof HeadAttention heads
            && heads.source().isPresent()
            && UNSHARED.contains(layer.group(2))
        : number < layers.size() + predictors;
  }

  /// A network with RMS norms `attn_norm` and `ffn_norm`, one part of a layer after the other, and
  /// a gated feed-forward network.
  public static Builder builder(Keys keys) {
    return new Builder(keys);
  }

  /// Describes a network.
  public static final class Builder {
    private final Keys keys;
    private float embeddingScale = 1;
    private boolean hasPositions;
    private boolean hasEmbeddingNorm;
    private Optional<Norm> norm = Optional.empty();
    private boolean isParallel;
    private boolean isOfNorm;
    private float residualScale = 1;
    private Optional<String> attentionNorm = Optional.of("attn_norm");
    private Optional<String> feedForwardNorm = Optional.of("ffn_norm");
    private Optional<String> attentionPostNorm = Optional.empty();
    private Optional<String> feedForwardPostNorm = Optional.empty();
    private Optional<PerLayer<Attention>> attention = Optional.empty();
    private Optional<PerLayer<FeedForward>> feedForward = Optional.empty();
    private Optional<Beside> beside = Optional.empty();
    private Optional<LayerInputs> inputs = Optional.empty();
    private Optional<AltUp> altUp = Optional.empty();
    private Optional<String> outputScale = Optional.empty();
    private float logitScale = 1;
    private Loops loops = Loops.ONE;
    private String outputNorm = "output_norm";
    private float logitCap = Float.POSITIVE_INFINITY;

    private Builder(Keys keys) {
      this.keys = keys;
    }

    /// Multiplies embeddings by a number.
    public Builder embeddingScale(double factor) {
      embeddingScale = (float) factor;
      return this;
    }

    /// Adds a learned vector to the embedding at each position: `position_embd.weight`.
    public Builder learnedPositions() {
      hasPositions = true;
      return this;
    }

    /// Norms embeddings: `token_embd_norm`.
    public Builder embeddingNorm() {
      hasEmbeddingNorm = true;
      return this;
    }

    /// The kind of all norms of the residual stream.
    public Builder norm(Norm kind) {
      norm = Optional.of(kind);
      return this;
    }

    /// Attention and feed-forward network see the same input.
    public Builder parallel() {
      isParallel = true;
      return this;
    }

    /// Adds the results of the parts of a layer to the normed input of each.
    public Builder residualOfNorm() {
      isOfNorm = true;
      return this;
    }

    /// Multiplies the results of the parts of a layer by a number before they are added.
    public Builder residualScale(double factor) {
      residualScale = (float) factor;
      return this;
    }

    /// Other tensors of the norms before both parts of a layer.
    public Builder norms(String beforeAttention, String beforeFeedForward) {
      attentionNorm = Optional.of(beforeAttention);
      feedForwardNorm = Optional.of(beforeFeedForward);
      return this;
    }

    /// Both parts of a layer see the residual stream as it is.
    public Builder withoutNormsBefore() {
      attentionNorm = Optional.empty();
      feedForwardNorm = Optional.empty();
      return this;
    }

    /// The second part of a layer sees the residual stream as it is.
    public Builder withoutNormBeforeFeedForward() {
      feedForwardNorm = Optional.empty();
      return this;
    }

    /// Norms of the results of the parts of a layer.
    public Builder postNorms(String afterAttention, String afterFeedForward) {
      attentionPostNorm = Optional.of(afterAttention);
      feedForwardPostNorm = Optional.of(afterFeedForward);
      return this;
    }

    /// Attention with a key and a value per token in each head.
    public Builder attention(HeadAttentionBuilder ofLayers) {
      return attention(ofLayers.layers());
    }

    /// The attention of all layers.
    public Builder attention(Attention ofAll) {
      return attention(layer -> ofAll);
    }

    public Builder attention(PerLayer<Attention> choice) {
      attention = Optional.of(choice);
      return this;
    }

    /// The feed-forward network of all layers: one with a gate, of SiLU, if nothing is said.
    public Builder feedForward(FeedForward ofAll) {
      return feedForward(layer -> ofAll);
    }

    public Builder feedForward(PerLayer<FeedForward> choice) {
      feedForward = Optional.of(choice);
      return this;
    }

    /// Another network in all layers, which sees their inputs.
    ///
    /// @param norm tensor of the norm before it
    public Builder beside(String norm, FeedForward ofAll) {
      beside = Optional.of(new Beside(norm, ofAll));
      return this;
    }

    /// Gives layers a second embedding of the tokens.
    public Builder inputs(LayerInputs ofLayers) {
      inputs = Optional.of(ofLayers);
      return this;
    }

    /// Has several residual streams, which layers change by their inputs, too.
    public Builder altUp(AltUp streams) {
      altUp = Optional.of(streams);
      return this;
    }

    /// Multiplies the result of each layer that has this tensor by the number in it.
    public Builder outputScale(String tensor) {
      outputScale = Optional.of(tensor);
      return this;
    }

    /// Multiplies logits by a number.
    public Builder logitScale(double factor) {
      logitScale = (float) factor;
      return this;
    }

    /// Caps logits softly.
    public Builder logitCap(double cap) {
      logitCap = (float) cap;
      return this;
    }

    /// Another tensor of the norm of the last layer's result.
    public Builder outputNorm(String tensor) {
      outputNorm = tensor;
      return this;
    }

    /// Passes all layers several times.
    public Builder loops(Loops times) {
      loops = times;
      return this;
    }

    /// @throws FormatException if keys are missing or contradict each other
    public Network build() throws FormatException {
      int hidden = keys.hidden();
      if (feedForward.isEmpty()) {
        feedForward(DenseNetwork.gated(keys, ActivationFunction.SILU));
      }
      List<Layer> layers = new ArrayList<>();
      for (int layer = 0; layer < keys.layers(); layer++) {
        layers.add(
            new Layer(attention.orElseThrow().of(layer), feedForward.orElseThrow().of(layer)));
      }
      return new Network(
          hidden,
          vocabulary(keys, hidden),
          new Embedding(embeddingScale, hasPositions ? positions(keys) : 0, hasEmbeddingNorm),
          norm.isPresent() ? norm.get() : Norm.rms(keys),
          new Residual(
              isParallel,
              isOfNorm,
              residualScale,
              attentionNorm,
              feedForwardNorm,
              attentionPostNorm,
              feedForwardPostNorm),
          beside,
          inputs,
          altUp,
          outputScale,
          List.copyOf(layers),
          loops,
          outputNorm,
          keys.predictors(),
          logitScale,
          logitCap);
    }

    private static int positions(Keys keys) throws FormatException {
      return keys.count("context_length");
    }

    private static int vocabulary(Keys keys, int hidden) throws FormatException {
      GgufModel model = keys.model();
      TensorInfo embedding =
          model.find(EMBEDDING).orElseThrow(() -> keys.error("has no tensor '" + EMBEDDING + "'"));
      long rows = embedding.shape().rows();
      if (embedding.shape().rowLength() != hidden || rows < 1 || rows > Keys.MAX_COUNT) {
        throw keys.error(
            "tensor '%s' has shape %s, expected rows of %d"
                .formatted(embedding.name(), embedding.shape(), hidden));
      }
      Optional<List<MetadataValue>> tokens = model.metadata().array(TOKENS);
      if (tokens.isPresent() && tokens.get().size() != rows) {
        throw keys.error(
            "%s has %d tokens, but '%s' has %d rows"
                .formatted(TOKENS, tokens.get().size(), embedding.name(), rows));
      }
      return (int) rows;
    }
  }
}

package dev.zonda.verify.evaluation;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;

/// A text cut into chunks for scoring, as `llama-perplexity` does it.
///
/// Each chunk takes `context` tokens of the text. Its first token is replaced by BOS if the model
/// expects one, and the tokens of its second half are predicted, so that each has at least half a
/// context before it. Tokens after the last whole chunk are not used.
public final class Chunks {
  /// The smallest context that leaves tokens to predict.
  public static final int MIN_CONTEXT = 4;

  private final int context;
  private final List<int[]> inputs;
  private final int[] text;

  private Chunks(int context, List<int[]> inputs, int[] text) {
    this.context = context;
    this.inputs = inputs;
    this.text = text;
  }

  /// @param tokens of the whole text, BOS included if the model expects one
  /// @param context tokens per chunk, at least [#MIN_CONTEXT]
  /// @param beginning the token that the model expects before a document, if any
  /// @param limit on the number of chunks, if any
  /// @throws IllegalArgumentException if the text is shorter than two contexts; the message is for
  ///   the user
  public static Chunks of(int[] tokens, int context, OptionalInt beginning, OptionalInt limit) {
    if (context < MIN_CONTEXT) {
      throw new IllegalArgumentException(
          "a context of " + context + " leaves nothing to score, expected at least " + MIN_CONTEXT);
    }
    if (tokens.length < 2L * context) {
      throw new IllegalArgumentException(
          "the text has %d tokens; a context of %d needs at least %d"
              .formatted(tokens.length, context, 2L * context));
    }
    int count = Math.min(tokens.length / context, limit.orElse(Integer.MAX_VALUE));
    return of(tokens, context, beginning, count);
  }

  /// Chunks of a text that may be as short as one context: for logits that are stored, not
  /// measured.
  ///
  /// @param tokens at least `context` of them
  /// @param limit on the number of chunks, if any
  public static Chunks ofAny(int[] tokens, int context, OptionalInt beginning, OptionalInt limit) {
    if (context < MIN_CONTEXT || tokens.length < context) {
      throw new IllegalArgumentException(tokens.length + " tokens, a context of " + context);
    }
    return of(
        tokens,
        context,
        beginning,
        Math.min(tokens.length / context, limit.orElse(Integer.MAX_VALUE)));
  }

  /// Chunks that another program has cut.
  public static Chunks ofWhole(int[] tokens, int context, OptionalInt beginning) {
    return of(tokens, context, beginning, tokens.length / context);
  }

  private static Chunks of(int[] tokens, int context, OptionalInt beginning, int count) {
    List<int[]> inputs = new ArrayList<>();
    for (int chunk = 0; chunk < count; chunk++) {
      int[] input = Arrays.copyOfRange(tokens, chunk * context, (chunk + 1) * context);
      beginning.ifPresent(token -> input[0] = token);
      inputs.add(input);
    }
    return new Chunks(context, List.copyOf(inputs), tokens.clone());
  }

  /// Tokens per chunk.
  public int context() {
    return context;
  }

  /// Number of chunks.
  public int count() {
    return inputs.size();
  }

  /// Tokens that are scored in each chunk.
  public int scoredPerChunk() {
    return scoredOf(context);
  }

  /// Tokens that are scored in a chunk of so many.
  public static int scoredOf(int context) {
    return context - 1 - context / 2;
  }

  /// Tokens that are scored in all.
  public int scored() {
    return Math.multiplyExact(count(), scoredPerChunk());
  }

  /// @throws FormatException if the text holds a token that a model does not have
  public void requireTokensBelow(int vocabulary, GgufModel model) throws FormatException {
    for (int[] input : inputs) {
      for (int token : input) {
        requireBelow(vocabulary, token, model);
      }
    }
    for (int token : text) {
      requireBelow(vocabulary, token, model);
    }
  }

  private static void requireBelow(int vocabulary, int token, GgufModel model)
      throws FormatException {
    if (token < 0 || token >= vocabulary) {
      throw FormatException.in(
          Path.of(model.name()),
          "the text holds token %d, but the embedding has only %d tokens"
              .formatted(token, vocabulary));
    }
  }

  /// What the model sees of each chunk.
  public List<int[]> inputs() {
    return inputs;
  }

  /// Positions whose successors are scored.
  public Evaluator.Range range() {
    return new Evaluator.Range(context / 2, context - 1);
  }

  /// Where a position of a chunk stands among all scored ones.
  public int index(int chunk, int position) {
    return chunk * scoredPerChunk() + position - context / 2;
  }

  /// The last tokens of a chunk up to a position, as the text has them.
  public List<Integer> before(int chunk, int position, int count) {
    int end = chunk * context + position + 1;
    int from = Math.max(chunk * context, end - count);
    return Arrays.stream(text, from, end).boxed().toList();
  }

  /// What tells one text from another: the SHA-256 of all its tokens.
  public String fingerprint() {
    ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(text.length, Integer.BYTES));
    bytes.order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().put(text);
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The tokens of the whole chunks, as the text has them.
  public int[] tokens() {
    return Arrays.copyOf(text, Math.multiplyExact(count(), context));
  }

  /// The token that follows a position.
  public int target(int chunk, int position) {
    return text[chunk * context + position + 1];
  }
}

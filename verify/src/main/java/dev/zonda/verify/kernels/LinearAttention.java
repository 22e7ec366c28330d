package dev.zonda.verify.kernels;

import dev.zonda.verify.kernels.AttentionStrip.Sequence;
import java.util.Arrays;

/// Attention that keeps a matrix per head instead of keys and values: the state `S`, (keyLength,
/// valueLength), zero before the first token. A token lets it fade, writes its value `v` at its key
/// `k`, and reads at its query `q`:
///
/// ```
/// S = exp(decay) S
/// S = S + strength k v            (Update.ADD: state-space duality, Mamba-2)
/// S = S + strength k (v - k S)    (Update.DELTA: the gated delta rule)
/// out = q S
/// ```
///
/// [#CHUNK] tokens at a time are computed as products of matrices ("Transformers are SSMs", section
/// 6; "Gated Delta Networks", section 3.3). Sums have the same order for any number of lanes.
///
/// @param keyHeads of queries and keys
/// @param heads of values
/// @param keyLength features of a head of queries and keys
/// @param valueLength features of a head of values
/// @param sharing which heads of values share one of keys
public record LinearAttention(
    int keyHeads, int heads, int keyLength, int valueLength, Update update, Sharing sharing) {
  /// Tokens that are computed together.
  public static final int CHUNK = 64;

  /// Rows of products below a diagonal that are computed together: a group does not see what lies
  /// right of it.
  private static final int GROUP = 16;

  /// What a token writes.
  public enum Update {
    /// Its value.
    ADD,
    /// The difference between its value and what the state has at its key.
    DELTA
  }

  /// Which heads of values share a head of keys.
  public enum Sharing {
    /// Neighbours.
    NEIGHBOURS,
    /// Those as far apart as there are heads of keys.
    TILES
  }

  /// What is read.
  ///
  /// @param queries (keyHeads * keyLength)
  /// @param keys likewise
  /// @param values (heads * valueLength)
  /// @param decays (heads) logarithms of what is left of the state
  /// @param strengths (heads) factors of what is written
  public record Inputs(
      Activations queries,
      Activations keys,
      Activations values,
      Activations decays,
      Activations strengths) {}

  /// Bytes that each thread takes.
  public long scratchBytes(int lanes) {
    return Math.multiplyExact(new Places(this, lanes).floats(), (long) Float.BYTES);
  }

  private int keyHead(int head) {
    return switch (sharing) {
      case NEIGHBOURS -> head / (heads / keyHeads);
      case TILES -> head % keyHeads;
    };
  }

  /// Where arrays lie in a thread's scratch memory. Queries and keys are strips of tokens; values
  /// are turned, so that lanes are features: `[blocks][tokens][lanes]`.
  private record Places(int lanes, int blocks, int strips, int keyLength) {
    Places(LinearAttention all, int lanes) {
      this(lanes, Math.ceilDiv(all.valueLength, lanes), Math.ceilDiv(CHUNK, lanes), all.keyLength);
    }

    int queries() {
      return 0;
    }

    int keys() {
      return Math.addExact(queries(), keySize());
    }

    /// Products of each token's key with the keys before it; a strip of tokens holds a row per key.
    int keyPairs() {
      return Math.addExact(keys(), keySize());
    }

    int queryPairs() {
      return Math.addExact(keyPairs(), pairSize());
    }

    int decays() {
      return Math.addExact(queryPairs(), pairSize());
    }

    int state() {
      return Math.addExact(decays(), pairSize());
    }

    int written() {
      return Math.addExact(state(), Math.multiplyExact(blocks, stateSize()));
    }

    int read() {
      return Math.addExact(written(), blocks * tokenSize());
    }

    long floats() {
      return (long) read() + (long) blocks * tokenSize();
    }

    int keySize() {
      return Math.multiplyExact(strips * lanes, keyLength);
    }

    int pairSize() {
      return strips * lanes * CHUNK;
    }

    /// Floats of one block of the state.
    int stateSize() {
      return keyLength * lanes;
    }

    /// Floats of one block of values.
    int tokenSize() {
      return CHUNK * lanes;
    }
  }

  /// What a chunk's tokens do to the state, from the first of them on.
  ///
  /// @param tokens in the chunk
  /// @param total logarithms of what each token has left of the state before the chunk
  /// @param left the same, not as logarithms
  /// @param strengths of the tokens
  @SuppressWarnings("ArrayRecordComponent") // Scratch memory, never compared.
  private record Chunk(int tokens, double[] total, float[] left, float[] strengths) {}

  /// Computes one head of one sequence.
  public void head(
      Kernels kernels,
      Sequence sequence,
      int head,
      Inputs inputs,
      Activations out,
      Scratch scratch) {
    Places places = new Places(this, kernels.lanes());
    float[] memory = scratch.floats(Math.toIntExact(places.floats()));
    Arrays.fill(memory, places.state(), places.written(), 0);
    double[] total = new double[CHUNK];
    float[] left = new float[CHUNK];
    float[] strengths = new float[CHUNK];

    for (int first = 0; first < sequence.length(); first += CHUNK) {
      int tokens = Math.min(CHUNK, sequence.length() - first);
      Part part = new Part(sequence, first, tokens, kernels.lanes());
      double sum = 0;
      for (int token = 0; token < tokens; token++) {
        sum += part.value(inputs.decays(), head, token);
        total[token] = sum;
        left[token] = Exponential.exp((float) sum);
        strengths[token] = part.value(inputs.strengths(), head, token);
      }
      Chunk chunk = new Chunk(tokens, total, left, strengths);
      int key = keyHead(head) * keyLength;
      part.take(inputs.queries(), key, keyLength, memory, places.queries());
      part.take(inputs.keys(), key, keyLength, memory, places.keys());
      part.turn(inputs.values(), head * valueLength, valueLength, memory, places.written());

      pairs(kernels, memory, places, chunk);
      write(kernels, memory, places, chunk);
      read(kernels, memory, places, chunk);
      part.turnBack(memory, places.read(), valueLength, out, head * valueLength);
      if (first + tokens < sequence.length()) {
        advance(kernels, memory, places, chunk);
      }
    }
  }

  /// Makes the products of queries and keys with the keys before them, as far as they have not
  /// faded.
  private void pairs(Kernels kernels, float[] memory, Places places, Chunk chunk) {
    int lanes = places.lanes();
    int rows = CHUNK * lanes;
    for (int strip = 0; strip * lanes < chunk.tokens(); strip++) {
      int from = strip * lanes;
      int end = Math.min(from + lanes, chunk.tokens());
      int decays = places.decays() + strip * rows;
      Arrays.fill(memory, decays, decays + end * lanes, Float.NEGATIVE_INFINITY);
      for (int key = 0; key < end; key++) {
        for (int token = Math.max(from, key); token < end; token++) {
          memory[decays + key * lanes + token - from] =
              (float) (chunk.total()[token] - chunk.total()[key]);
        }
      }
      kernels.exp(memory, decays, 0, memory, decays, end * lanes);
      int at = strip * keyLength * lanes;
      product(
          kernels, memory, places, end, places.queries() + at, places.queryPairs() + strip * rows);
      kernels.multiply(memory, places.queryPairs() + strip * rows, memory, decays, end * lanes);
      if (update == Update.DELTA) {
        product(kernels, memory, places, end, places.keys() + at, places.keyPairs() + strip * rows);
        kernels.multiply(memory, places.keyPairs() + strip * rows, memory, decays, end * lanes);
      }
    }
  }

  /// Multiplies the first keys with a strip.
  private void product(Kernels kernels, float[] memory, Places places, int count, int x, int y) {
    int lanes = places.lanes();
    Arrays.fill(memory, y, y + count * lanes, 0);
    for (int key = 0; key < count; key += lanes) {
      int at = places.keys() + key * keyLength;
      kernels.multiply(
          new Kernels.Strided(memory, at, 1, lanes),
          Math.min(lanes, count - key),
          keyLength,
          memory,
          x,
          memory,
          y + key * lanes);
    }
  }

  /// Makes what tokens write of their values.
  private void write(Kernels kernels, float[] memory, Places places, Chunk chunk) {
    int lanes = places.lanes();
    for (int block = 0; block < places.blocks(); block++) {
      int written = places.written() + block * places.tokenSize();
      if (update == Update.ADD) {
        scale(memory, written, lanes, chunk.strengths(), chunk.tokens());
        continue;
      }
      int known = places.read() + block * places.tokenSize();
      atState(kernels, memory, places, places.keys(), block, chunk);
      for (int token = 0; token < chunk.tokens(); token++) {
        float strength = chunk.strengths()[token];
        float left = chunk.left()[token];
        int at = token * lanes;
        for (int i = at; i < at + lanes; i++) {
          memory[written + i] = strength * (memory[written + i] - left * memory[known + i]);
        }
      }
      solve(kernels, memory, places, written, chunk);
    }
  }

  /// Takes from what tokens write what those before them in the chunk have written at their keys.
  private void solve(Kernels kernels, float[] memory, Places places, int written, Chunk chunk) {
    int lanes = places.lanes();
    // The read values are made later: until then their place takes the sums of one group.
    int sums = places.read();
    for (int from = 0; from < chunk.tokens(); from += GROUP) {
      int end = Math.min(from + GROUP, chunk.tokens());
      Arrays.fill(memory, sums, sums + (end - from) * lanes, 0);
      pairProduct(kernels, memory, places, places.keyPairs(), from, end, 0, from, written, sums);
      for (int token = from; token < end; token++) {
        int sum = sums + (token - from) * lanes;
        pairProduct(
            kernels,
            memory,
            places,
            places.keyPairs(),
            token,
            token + 1,
            from,
            token,
            written,
            sum);
        int at = written + token * lanes;
        float strength = chunk.strengths()[token];
        for (int lane = 0; lane < lanes; lane++) {
          memory[at + lane] -= strength * memory[sum + lane];
        }
      }
    }
  }

  /// Multiplies some rows and columns of pairs with a block of values, from `firstKey` on.
  private static void pairProduct(
      Kernels kernels,
      float[] memory,
      Places places,
      int pairs,
      int firstToken,
      int endToken,
      int firstKey,
      int endKey,
      int x,
      int y) {
    int lanes = places.lanes();
    if (firstKey == endKey) {
      return;
    }
    int token = firstToken;
    while (token < endToken) {
      int strip = token / lanes;
      int end = Math.min(endToken, (strip + 1) * lanes);
      int at = pairs + (strip * CHUNK + firstKey) * lanes + token - strip * lanes;
      kernels.multiply(
          new Kernels.Strided(memory, at, 1, lanes),
          end - token,
          endKey - firstKey,
          memory,
          x + firstKey * lanes,
          memory,
          y + (token - firstToken) * lanes);
      token = end;
    }
  }

  /// Reads the state at queries or keys.
  private void atState(
      Kernels kernels, float[] memory, Places places, int strips, int block, Chunk chunk) {
    int lanes = places.lanes();
    int out = places.read() + block * places.tokenSize();
    Arrays.fill(memory, out, out + chunk.tokens() * lanes, 0);
    for (int from = 0; from < chunk.tokens(); from += lanes) {
      kernels.multiply(
          new Kernels.Strided(memory, strips + from * keyLength, 1, lanes),
          Math.min(lanes, chunk.tokens() - from),
          keyLength,
          memory,
          places.state() + block * places.stateSize(),
          memory,
          out + from * lanes);
    }
  }

  /// Makes what tokens read: from the state before the chunk, and what the chunk has written.
  private void read(Kernels kernels, float[] memory, Places places, Chunk chunk) {
    int lanes = places.lanes();
    for (int block = 0; block < places.blocks(); block++) {
      int read = places.read() + block * places.tokenSize();
      int written = places.written() + block * places.tokenSize();
      atState(kernels, memory, places, places.queries(), block, chunk);
      scale(memory, read, lanes, chunk.left(), chunk.tokens());
      for (int from = 0; from < chunk.tokens(); from += GROUP) {
        int end = Math.min(from + GROUP, chunk.tokens());
        pairProduct(
            kernels,
            memory,
            places,
            places.queryPairs(),
            from,
            end,
            0,
            end,
            written,
            read + from * lanes);
      }
    }
  }

  /// Brings the state to the end of the chunk.
  private void advance(Kernels kernels, float[] memory, Places places, Chunk chunk) {
    int lanes = places.lanes();
    int last = chunk.tokens() - 1;
    float[] left = new float[chunk.tokens()];
    for (int token = 0; token < chunk.tokens(); token++) {
      left[token] = Exponential.exp((float) (chunk.total()[last] - chunk.total()[token]));
    }
    for (int block = 0; block < places.blocks(); block++) {
      int state = places.state() + block * places.stateSize();
      int written = places.written() + block * places.tokenSize();
      for (int i = state; i < state + places.stateSize(); i++) {
        memory[i] *= chunk.left()[last];
      }
      scale(memory, written, lanes, left, chunk.tokens());
      for (int from = 0; from < chunk.tokens(); from += lanes) {
        kernels.multiply(
            new Kernels.Strided(memory, places.keys() + from * keyLength, lanes, 1),
            keyLength,
            Math.min(lanes, chunk.tokens() - from),
            memory,
            written + from * lanes,
            memory,
            state);
      }
    }
  }

  /// Multiplies each token's row of lanes by a number.
  private static void scale(float[] memory, int at, int lanes, float[] factors, int tokens) {
    for (int token = 0; token < tokens; token++) {
      float factor = factors[token];
      int row = at + token * lanes;
      for (int i = row; i < row + lanes; i++) {
        memory[i] *= factor;
      }
    }
  }

  /// Some tokens of a sequence in activations.
  ///
  /// @param first token
  record Part(Sequence sequence, int first, int tokens, int lanes) {
    private int at(Activations x, int feature, int token) {
      int position = first + token;
      return x.at(sequence.firstStrip() + position / lanes, feature) + position % lanes;
    }

    float value(Activations x, int feature, int token) {
      return x.values()[at(x, feature, token)];
    }

    /// Copies features as rows of memory, one per token.
    ///
    /// @param rowLength floats from one row to the next
    void takeRows(Activations x, int feature, int features, float[] to, int toAt, int rowLength) {
      for (int token = 0; token < tokens; token++) {
        int from = at(x, feature, token);
        int row = toAt + token * rowLength;
        for (int f = 0; f < features; f++) {
          to[row + f] = x.values()[from + f * lanes];
        }
      }
    }

    /// Copies features as strips, whose first lane is the first token.
    void take(Activations x, int feature, int features, float[] to, int toAt) {
      for (int from = 0; from < tokens; from += lanes) {
        int count = Math.min(lanes, tokens - from);
        int strip = toAt + from * features;
        if (first % lanes == 0) {
          System.arraycopy(x.values(), at(x, feature, from), to, strip, features * lanes);
          continue;
        }
        for (int f = 0; f < features; f++) {
          for (int lane = 0; lane < count; lane++) {
            to[strip + f * lanes + lane] = value(x, feature + f, from + lane);
          }
        }
      }
    }

    /// Copies features as blocks whose lanes are features.
    void turn(Activations x, int feature, int features, float[] to, int toAt) {
      for (int block = 0; block * lanes < features; block++) {
        int count = Math.min(lanes, features - block * lanes);
        int at = toAt + block * CHUNK * lanes;
        for (int token = 0; token < tokens; token++) {
          int from = at(x, feature + block * lanes, token);
          int row = at + token * lanes;
          for (int f = 0; f < count; f++) {
            to[row + f] = x.values()[from + f * lanes];
          }
          Arrays.fill(to, row + count, row + lanes, 0);
        }
      }
    }

    /// Copies blocks whose lanes are features to features.
    void turnBack(float[] from, int fromAt, int features, Activations x, int feature) {
      for (int block = 0; block * lanes < features; block++) {
        int count = Math.min(lanes, features - block * lanes);
        int at = fromAt + block * CHUNK * lanes;
        for (int token = 0; token < tokens; token++) {
          int to = at(x, feature + block * lanes, token);
          int row = at + token * lanes;
          for (int f = 0; f < count; f++) {
            x.values()[to + f * lanes] = from[row + f];
          }
        }
      }
    }
  }
}

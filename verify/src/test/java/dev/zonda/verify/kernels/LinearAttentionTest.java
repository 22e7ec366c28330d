package dev.zonda.verify.kernels;

import dev.zonda.verify.kernels.AttentionStrip.Sequence;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("vector")
class LinearAttentionTest {
  private static final int LAYERS = 1000;

  /// Lengths of texts at the borders of chunks, and others.
  private static final int[] LENGTHS = {1, 7, 48, 63, 64, 65, 127, 128, 129, 200};

  @Test
  void chunksComeToWhatSteppingComesTo() {
    Kernels kernels = KernelChoice.best();
    for (int seed = 0; seed < LAYERS; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      LinearAttention heads = heads(random);
      Values values = values(random, heads, LENGTHS[random.nextInt(LENGTHS.length)]);
      double[][] expected = stepByStep(heads, values);
      float[][] found = values.run(heads, kernels);
      // In a short text all queries may happen to lie across all keys.
      LayerText.assertNear(expected, found, values.usualSquares(heads), seed);
    }
  }

  @Test
  void bitsAreTheSameForAnyNumberOfLanes() {
    for (int seed = 0; seed < 40; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      LinearAttention heads = heads(random);
      Values values = values(random, heads, LENGTHS[seed % LENGTHS.length]);
      LayerText.assertSameBits(kernels -> values.run(heads, kernels), seed);
    }
  }

  private static LinearAttention heads(SplittableRandom random) {
    int keyHeads = 1 + random.nextInt(3);
    return new LinearAttention(
        keyHeads,
        keyHeads * (1 + random.nextInt(3)),
        1 + random.nextInt(40),
        1 + random.nextInt(40),
        random.nextBoolean() ? LinearAttention.Update.ADD : LinearAttention.Update.DELTA,
        random.nextBoolean() ? LinearAttention.Sharing.NEIGHBOURS : LinearAttention.Sharing.TILES);
  }

  /// A text as a layer sees it, `[tokens][features]` each.
  @SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
  private record Values(
      float[][] queries, float[][] keys, float[][] values, float[][] decays, float[][] strengths) {

    /// The squares of what tokens read of what they themselves have written, if their queries and
    /// keys lie in any directions.
    double usualSquares(LinearAttention heads) {
      double squares = 0;
      for (int token = 0; token < values.length; token++) {
        for (int f = 0; f < values[token].length; f++) {
          double written = values[token][f] * strengths[token][f / heads.valueLength()];
          squares += written * written / heads.keyLength();
        }
      }
      return squares;
    }

    /// Runs all heads on two copies of the text, the second of which must come to the same.
    float[][] run(LinearAttention heads, Kernels kernels) {
      int lanes = kernels.lanes();
      int strips = Math.ceilDiv(queries.length, lanes);
      LinearAttention.Inputs inputs =
          new LinearAttention.Inputs(
              LayerText.twice(queries, lanes),
              LayerText.twice(keys, lanes),
              LayerText.twice(values, lanes),
              LayerText.twice(decays, lanes),
              LayerText.twice(strengths, lanes));
      Activations out = Activations.of(2 * strips, heads.heads() * heads.valueLength(), lanes);
      Scratch scratch = new Scratch();
      for (int copy = 0; copy < 2; copy++) {
        for (int head = 0; head < heads.heads(); head++) {
          Sequence sequence = new Sequence(copy * strips, queries.length);
          heads.head(kernels, sequence, head, inputs, out, scratch);
        }
      }
      return LayerText.once(out, queries.length);
    }
  }

  /// Queries and keys of length one, decays from nearly nothing to nearly all of the state.
  private static Values values(SplittableRandom random, LinearAttention heads, int length) {
    float[][] queries = units(random, heads, length);
    float[][] keys = units(random, heads, length);
    float[][] values = new float[length][heads.heads() * heads.valueLength()];
    float[][] decays = new float[length][heads.heads()];
    float[][] strengths = new float[length][heads.heads()];
    double most = Math.exp(random.nextDouble(-8, 3));
    for (int token = 0; token < length; token++) {
      for (int f = 0; f < values[token].length; f++) {
        values[token][f] = (float) random.nextGaussian();
      }
      for (int head = 0; head < heads.heads(); head++) {
        decays[token][head] = (float) (-most * random.nextDouble());
        strengths[token][head] = random.nextFloat();
      }
    }
    return new Values(queries, keys, values, decays, strengths);
  }

  private static float[][] units(SplittableRandom random, LinearAttention heads, int length) {
    float[][] rows = new float[length][heads.keyHeads() * heads.keyLength()];
    for (float[] row : rows) {
      for (int head = 0; head < heads.keyHeads(); head++) {
        double squares = 0;
        double[] unit = new double[heads.keyLength()];
        for (int f = 0; f < unit.length; f++) {
          unit[f] = random.nextGaussian();
          squares += unit[f] * unit[f];
        }
        for (int f = 0; f < unit.length; f++) {
          row[head * unit.length + f] = (float) (unit[f] / Math.sqrt(squares));
        }
      }
    }
    return rows;
  }

  /// The definition, one token after the other, in double precision.
  private static double[][] stepByStep(LinearAttention heads, Values x) {
    int keyLength = heads.keyLength();
    int valueLength = heads.valueLength();
    double[][] out = new double[x.queries().length][heads.heads() * valueLength];
    for (int head = 0; head < heads.heads(); head++) {
      int key =
          switch (heads.sharing()) {
                case NEIGHBOURS -> head / (heads.heads() / heads.keyHeads());
                case TILES -> head % heads.keyHeads();
              }
              * keyLength;
      int value = head * valueLength;
      double[][] state = new double[keyLength][valueLength];
      for (int token = 0; token < out.length; token++) {
        double left = Math.exp(x.decays()[token][head]);
        for (int v = 0; v < valueLength; v++) {
          double known = 0;
          for (int k = 0; k < keyLength; k++) {
            state[k][v] *= left;
            known += x.keys()[token][key + k] * state[k][v];
          }
          double written =
              switch (heads.update()) {
                case ADD -> x.values()[token][value + v];
                case DELTA -> x.values()[token][value + v] - known;
              };
          for (int k = 0; k < keyLength; k++) {
            state[k][v] += x.strengths()[token][head] * x.keys()[token][key + k] * written;
            out[token][value + v] += x.queries()[token][key + k] * state[k][v];
          }
        }
      }
    }
    return out;
  }
}

package dev.zonda.verify;

/// The forward pass of Llama as the papers write it: one token after the other, loops over doubles.
/// What [Decoder] is held to.
public final class NaiveForward {
  private static final int HEADS = 6;
  private static final int KEY_VALUE_HEADS = 2;
  private static final int KEY = 10;
  private static final int VALUE = 7;
  private static final int ROTATED = 8;

  private final TinyModel model;
  private final int window;
  private final double positionFactor;

  public NaiveForward(TinyModel model, int window, double positionFactor) {
    this.model = model;
    this.window = window;
    this.positionFactor = positionFactor;
  }

  /// Logits of every position.
  public double[][] logits(int[] tokens) {
    double[][] x = new double[tokens.length][];
    for (int t = 0; t < tokens.length; t++) {
      x[t] = new double[TinyModel.HIDDEN];
      for (int f = 0; f < TinyModel.HIDDEN; f++) {
        x[t][f] = model.values("token_embd.weight")[tokens[t] * TinyModel.HIDDEN + f];
      }
    }
    for (int layer = 0; layer < TinyModel.LAYERS; layer++) {
      layer("blk." + layer + ".", x);
    }
    double[][] logits = new double[tokens.length][];
    String output = model.has("output.weight") ? "output.weight" : "token_embd.weight";
    for (int t = 0; t < tokens.length; t++) {
      logits[t] = multiply(output, norm("output_norm.weight", x[t]));
    }
    return logits;
  }

  private void layer(String block, double[][] x) {
    int count = x.length;
    double[][] query = new double[count][];
    double[][] key = new double[count][];
    double[][] value = new double[count][];
    for (int t = 0; t < count; t++) {
      double[] normed = norm(block + "attn_norm.weight", x[t]);
      query[t] = rotate(multiply(block + "attn_q.weight", normed), t);
      key[t] = rotate(multiply(block + "attn_k.weight", normed), t);
      value[t] = multiply(block + "attn_v.weight", normed);
    }
    for (int t = 0; t < count; t++) {
      double[] attended = new double[HEADS * VALUE];
      for (int head = 0; head < HEADS; head++) {
        attend(query[t], key, value, t, head, attended);
      }
      add(x[t], multiply(block + "attn_output.weight", attended));

      double[] normed = norm(block + "ffn_norm.weight", x[t]);
      double[] gate = multiply(block + "ffn_gate.weight", normed);
      double[] up = multiply(block + "ffn_up.weight", normed);
      for (int f = 0; f < gate.length; f++) {
        gate[f] = gate[f] / (1 + Math.exp(-gate[f])) * up[f];
      }
      add(x[t], multiply(block + "ffn_down.weight", gate));
    }
  }

  private void attend(
      double[] query, double[][] key, double[][] value, int t, int head, double[] out) {
    int shared = head / (HEADS / KEY_VALUE_HEADS);
    double[] weights = new double[t + 1];
    double sum = 0;
    for (int s = Math.max(0, t - window + 1); s <= t; s++) {
      double score = 0;
      for (int f = 0; f < KEY; f++) {
        score += query[head * KEY + f] * key[s][shared * KEY + f];
      }
      weights[s] = Math.exp(score / Math.sqrt(KEY));
      sum += weights[s];
    }
    for (int s = 0; s <= t; s++) {
      for (int f = 0; f < VALUE; f++) {
        out[head * VALUE + f] += weights[s] / sum * value[s][shared * VALUE + f];
      }
    }
  }

  private double[] rotate(double[] x, int position) {
    for (int head = 0; head < x.length / KEY; head++) {
      for (int pair = 0; pair < ROTATED / 2; pair++) {
        double angle = position / positionFactor * Math.pow(100, -2.0 * pair / ROTATED);
        if (model.has("rope_freqs.weight")) {
          angle /= model.values("rope_freqs.weight")[pair];
        }
        int at = head * KEY + 2 * pair;
        double a = x[at];
        double b = x[at + 1];
        x[at] = a * Math.cos(angle) - b * Math.sin(angle);
        x[at + 1] = a * Math.sin(angle) + b * Math.cos(angle);
      }
    }
    return x;
  }

  private double[] norm(String name, double[] x) {
    double squares = 0;
    for (double value : x) {
      squares += value * value;
    }
    double scale = 1 / Math.sqrt(squares / x.length + 1e-5);
    double[] y = new double[x.length];
    for (int f = 0; f < x.length; f++) {
      y[f] = x[f] * scale * model.values(name)[f];
    }
    return y;
  }

  private double[] multiply(String name, double[] x) {
    float[] weights = model.values(name);
    double[] y = new double[weights.length / x.length];
    for (int row = 0; row < y.length; row++) {
      for (int k = 0; k < x.length; k++) {
        y[row] += weights[row * x.length + k] * x[k];
      }
    }
    return y;
  }

  private static void add(double[] x, double[] y) {
    for (int i = 0; i < x.length; i++) {
      x[i] += y[i];
    }
  }
}

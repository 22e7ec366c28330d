package dev.zonda.verify.kernels;

import java.util.Arrays;

/// The operations in plain Java: the definition that [VectorKernels] must equal bit for bit, and
/// what runs where the Vector API is missing.
final class ScalarKernels implements Kernels {
  private final int lanes;

  /// @param lanes tokens per strip; any number gives the same bits
  ScalarKernels(int lanes) {
    this.lanes = lanes;
  }

  @Override
  public int lanes() {
    return lanes;
  }

  @Override
  public int rowsAtOnce() {
    return 1;
  }

  @Override
  public String description() {
    return "plain Java";
  }

  @Override
  public void multiplyPanel(
      Panel panel, int rows, int columns, float[] x, int xAt, float[] y, int yAt) {
    float[] sums = new float[lanes];
    for (int row = 0; row < rows; row++) {
      Arrays.fill(sums, 0);
      chain(panel.array(row), Panel.at(row), 1, columns, x, xAt, sums, 0);
      for (int lane = 0; lane < lanes; lane++) {
        y[yAt + row * lanes + lane] += sums[lane];
      }
    }
  }

  @Override
  public void multiply(Strided a, int rows, int columns, float[] x, int xAt, float[] y, int yAt) {
    for (int row = 0; row < rows; row++) {
      int start = a.at() + row * a.rowStride();
      chain(a.values(), start, a.columnStride(), columns, x, xAt, y, yAt + row * lanes);
    }
  }

  private void chain(
      float[] a, int aAt, int stride, int columns, float[] x, int xAt, float[] sums, int sumsAt) {
    for (int k = 0; k < columns; k++) {
      float factor = a[aAt + k * stride];
      for (int lane = 0; lane < lanes; lane++) {
        sums[sumsAt + lane] = Math.fma(factor, x[xAt + k * lanes + lane], sums[sumsAt + lane]);
      }
    }
  }

  @Override
  public void rmsNorm(
      float[] x, int xAt, int features, float[] weight, float epsilon, float[] y, int yAt) {
    for (int lane = 0; lane < lanes; lane++) {
      float total = 0;
      for (int from = 0; from < features; from += NORM_BLOCK) {
        float sum = 0;
        for (int f = from; f < Math.min(features, from + NORM_BLOCK); f++) {
          float value = x[xAt + f * lanes + lane];
          sum = Math.fma(value, value, sum);
        }
        total += sum;
      }
      float scale = 1 / (float) Math.sqrt(total / features + epsilon);
      for (int f = 0; f < features; f++) {
        int at = f * lanes + lane;
        y[yAt + at] = x[xAt + at] * scale * weight[f];
      }
    }
  }

  @Override
  public void layerNorm(
      float[] x, int xAt, int features, Affine affine, float epsilon, float[] y, int yAt) {
    for (int lane = 0; lane < lanes; lane++) {
      float total = 0;
      for (int from = 0; from < features; from += NORM_BLOCK) {
        float sum = 0;
        for (int f = from; f < Math.min(features, from + NORM_BLOCK); f++) {
          sum += x[xAt + f * lanes + lane];
        }
        total += sum;
      }
      float mean = total / features;
      float squares = 0;
      for (int from = 0; from < features; from += NORM_BLOCK) {
        float sum = 0;
        for (int f = from; f < Math.min(features, from + NORM_BLOCK); f++) {
          float value = x[xAt + f * lanes + lane] - mean;
          sum = Math.fma(value, value, sum);
        }
        squares += sum;
      }
      float scale = 1 / (float) Math.sqrt(squares / features + epsilon);
      for (int f = 0; f < features; f++) {
        int at = f * lanes + lane;
        float normed = (x[xAt + at] - mean) * scale;
        y[yAt + at] = Math.fma(normed, affine.weight()[f], affine.bias()[f]);
      }
    }
  }

  @Override
  public void rotate(float[] x, int xAt, Pairs pairs, float[] cos, float[] sin, int tableAt) {
    for (int pair = 0; pair < pairs.count(); pair++) {
      for (int lane = 0; lane < lanes; lane++) {
        int first = xAt + pairs.step() * pair * lanes + lane;
        int second = first + pairs.distance() * lanes;
        float a = x[first];
        float b = x[second];
        float c = cos[tableAt + pair * lanes + lane];
        float s = sin[tableAt + pair * lanes + lane];
        x[first] = Math.fma(a, c, -(b * s));
        x[second] = Math.fma(a, s, b * c);
      }
    }
  }

  @Override
  public void swiGlu(float[] gate, int gateAt, float[] up, int upAt, int count) {
    for (int i = 0; i < count; i++) {
      float g = gate[gateAt + i];
      gate[gateAt + i] = g / (Exponential.exp(-g) + 1) * up[upAt + i];
    }
  }

  @Override
  public void boundedSwiGlu(
      float[] gate, int gateAt, float[] up, int upAt, int count, float limit, float steepness) {
    for (int i = 0; i < count; i++) {
      float g = Math.min(gate[gateAt + i], limit);
      float u = Math.min(Math.max(up[upAt + i], -limit), limit);
      gate[gateAt + i] = g / (Exponential.exp(-(g * steepness)) + 1) * (u + 1);
    }
  }

  @Override
  public void gelu(float[] x, int at, int count) {
    for (int i = at; i < at + count; i++) {
      x[i] = Gelu.byTangent(x[i]);
    }
  }

  @Override
  public void exactGelu(float[] x, int at, int count) {
    for (int i = at; i < at + count; i++) {
      x[i] = Gelu.exact(x[i]);
    }
  }

  @Override
  public void add(float[] x, int xAt, float[] y, int yAt, int count) {
    for (int i = 0; i < count; i++) {
      x[xAt + i] += y[yAt + i];
    }
  }

  @Override
  public void multiply(float[] x, int xAt, float[] y, int yAt, int count) {
    for (int i = 0; i < count; i++) {
      x[xAt + i] *= y[yAt + i];
    }
  }

  @Override
  public void addBias(float[] x, int xAt, int features, float[] bias, int biasAt) {
    for (int f = 0; f < features; f++) {
      for (int lane = 0; lane < lanes; lane++) {
        x[xAt + f * lanes + lane] += bias[biasAt + f];
      }
    }
  }

  @Override
  public void scaleLanes(float[] x, int xAt, int features, float[] factors, int factorsAt) {
    for (int f = 0; f < features; f++) {
      for (int lane = 0; lane < lanes; lane++) {
        x[xAt + f * lanes + lane] *= factors[factorsAt + lane];
      }
    }
  }

  @Override
  public void softCap(float[] x, int at, int count, float factor, float cap) {
    float inner = factor / cap;
    for (int i = at; i < at + count; i++) {
      x[i] = Tangent.tanh(x[i] * inner) * cap;
    }
  }

  @Override
  public void clamp(float[] x, int at, int count, float low, float high) {
    for (int i = at; i < at + count; i++) {
      x[i] = Math.min(Math.max(x[i], low), high);
    }
  }

  @Override
  public void selfGate(float[] x, int at, int count, float steepness) {
    for (int i = at; i < at + count; i++) {
      x[i] = x[i] / (Exponential.exp(-(x[i] * steepness)) + 1);
    }
  }

  @Override
  public void sigmoid(float[] x, int at, int count) {
    for (int i = at; i < at + count; i++) {
      x[i] = 1 / (Exponential.exp(-x[i]) + 1);
    }
  }

  @Override
  public void softplus(float[] x, int at, int count) {
    for (int i = at; i < at + count; i++) {
      x[i] = Softplus.of(x[i]);
    }
  }

  @Override
  public void scan(ChannelScan.Token token) {
    float[] memory = token.memory();
    for (int channel = 0; channel < ChannelScan.BLOCK; channel++) {
      float step = memory[token.steps() + channel];
      float written = memory[token.written() + channel];
      float read = 0;
      for (int i = 0; i < token.stateLength(); i++) {
        int at = i * ChannelScan.BLOCK + channel;
        float left = Exponential.exp(memory[token.rates() + at] * step);
        float state =
            Math.fma(left, memory[token.states() + at], written * memory[token.writing() + i]);
        memory[token.states() + at] = state;
        read = Math.fma(memory[token.reading() + i], state, read);
      }
      memory[token.read() + channel] = read;
    }
  }

  @Override
  public void softmax(float[] scores, int keys, float scale) {
    for (int lane = 0; lane < lanes; lane++) {
      float max = Float.NEGATIVE_INFINITY;
      for (int key = 0; key < keys; key++) {
        max = Math.max(max, scores[key * lanes + lane]);
      }
      float sum = 0;
      for (int key = 0; key < keys; key++) {
        int at = key * lanes + lane;
        scores[at] = Exponential.exp((scores[at] - max) * scale);
        sum += scores[at];
      }
      float inverse = 1 / sum;
      for (int key = 0; key < keys; key++) {
        scores[key * lanes + lane] *= inverse;
      }
    }
  }

  @Override
  public void delta(float[] memory, ChannelDelta.Tokens tokens, int state, int values) {
    float[] sums = new float[4];
    for (int token = 0; token < tokens.tokens(); token++) {
      for (int lane = 0; lane < lanes; lane++) {
        int value = values + token * lanes + lane;
        memory[value] = step(memory, tokens, tokens.row(token), state + lane, memory[value], sums);
      }
    }
  }

  private float step(
      float[] memory, ChannelDelta.Tokens tokens, int row, int state, float value, float[] sums) {
    int length = tokens.keyLength();
    Arrays.fill(sums, 0);
    for (int k = 0; k < length; k++) {
      sums[k % 4] = Math.fma(memory[row + length + k], memory[state + k * lanes], sums[k % 4]);
    }
    float known = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    float written = (value - known) * memory[row + 4 * length];
    Arrays.fill(sums, 0);
    for (int k = 0; k < length; k++) {
      int at = state + k * lanes;
      float faded = memory[row + k] * memory[at];
      memory[at] = Math.fma(memory[row + 2 * length + k], written, faded);
      sums[k % 4] = Math.fma(memory[row + 3 * length + k], memory[at], sums[k % 4]);
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }

  @Override
  public void exp(float[] x, int xAt, float shift, float[] out, int outAt, int count) {
    for (int i = 0; i < count; i++) {
      out[outAt + i] = Exponential.exp(x[xAt + i] - shift);
    }
  }
}

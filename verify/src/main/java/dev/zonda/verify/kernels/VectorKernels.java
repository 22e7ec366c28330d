package dev.zonda.verify.kernels;

import dev.zonda.quantize.kernel.Vectors;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The operations in the Vector API: the same methods in the same order as [ScalarKernels], a strip
/// of two vectors' lanes instead of a loop over lanes.
final class VectorKernels implements Kernels {
  private static final Vectors CHOSEN = Vectors.chosen();

  /// Only a test uses this where plain Java was chosen.
  static final VectorSpecies<Float> SPECIES =
      VectorSpecies.of(float.class, VectorShape.forBitSize(Math.max(128, CHOSEN.bits())));

  /// Lanes of a vector.
  static final int WIDTH = SPECIES.length();

  static final int LANES = 2 * WIDTH;

  private static final boolean MANY_REGISTERS = CHOSEN.hasManyRegisters();

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public int rowsAtOnce() {
    return MANY_REGISTERS ? 8 : 4;
  }

  @Override
  public String description() {
    return CHOSEN.description();
  }

  @Override
  public void multiplyPanel(
      Panel panel, int rows, int columns, float[] x, int xAt, float[] y, int yAt) {
    int row = 0;
    if (MANY_REGISTERS) {
      for (; row <= rows - 8; row += 8) {
        PanelKernel.rows8(panel, row, columns, x, xAt, y, yAt + row * LANES);
      }
    }
    for (; row <= rows - 4; row += 4) {
      PanelKernel.rows4(panel, row, columns, x, xAt, y, yAt + row * LANES);
    }
    for (; row < rows; row++) {
      PanelKernel.rows1(panel, row, columns, x, xAt, y, yAt + row * LANES);
    }
  }

  @Override
  public void multiply(Strided a, int rows, int columns, float[] x, int xAt, float[] y, int yAt) {
    int row = 0;
    for (; row <= rows - 4; row += 4) {
      StridedKernel.rows4(
          a.values(),
          a.at() + row * a.rowStride(),
          a.rowStride(),
          a.columnStride(),
          columns,
          x,
          xAt,
          y,
          yAt + row * LANES);
    }
    for (; row < rows; row++) {
      StridedKernel.rows1(
          a.values(),
          a.at() + row * a.rowStride(),
          a.columnStride(),
          columns,
          x,
          xAt,
          y,
          yAt + row * LANES);
    }
  }

  @Override
  public void rmsNorm(
      float[] x, int xAt, int features, float[] weight, float epsilon, float[] y, int yAt) {
    for (int half = 0; half < LANES; half += WIDTH) {
      FloatVector total = FloatVector.zero(SPECIES);
      for (int from = 0; from < features; from += NORM_BLOCK) {
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int f = from; f < Math.min(features, from + NORM_BLOCK); f++) {
          FloatVector value = load(x, xAt + f * LANES + half);
          sum = value.fma(value, sum);
        }
        total = sum.add(total);
      }
      FloatVector scale =
          broadcast(1).div(total.div(broadcast(features)).add(broadcast(epsilon)).sqrt());
      for (int f = 0; f < features; f++) {
        int at = f * LANES + half;
        load(x, xAt + at).mul(scale).mul(broadcast(weight[f])).intoArray(y, yAt + at);
      }
    }
  }

  @Override
  public void layerNorm(
      float[] x, int xAt, int features, Affine affine, float epsilon, float[] y, int yAt) {
    for (int half = 0; half < LANES; half += WIDTH) {
      FloatVector total = FloatVector.zero(SPECIES);
      for (int from = 0; from < features; from += NORM_BLOCK) {
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int f = from; f < Math.min(features, from + NORM_BLOCK); f++) {
          sum = load(x, xAt + f * LANES + half).add(sum);
        }
        total = sum.add(total);
      }
      FloatVector mean = total.div(broadcast(features));
      FloatVector squares = FloatVector.zero(SPECIES);
      for (int from = 0; from < features; from += NORM_BLOCK) {
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int f = from; f < Math.min(features, from + NORM_BLOCK); f++) {
          FloatVector value = load(x, xAt + f * LANES + half).sub(mean);
          sum = value.fma(value, sum);
        }
        squares = sum.add(squares);
      }
      FloatVector scale =
          broadcast(1).div(squares.div(broadcast(features)).add(broadcast(epsilon)).sqrt());
      for (int f = 0; f < features; f++) {
        int at = f * LANES + half;
        FloatVector normed = load(x, xAt + at).sub(mean).mul(scale);
        normed
            .fma(broadcast(affine.weight()[f]), broadcast(affine.bias()[f]))
            .intoArray(y, yAt + at);
      }
    }
  }

  @Override
  public void rotate(float[] x, int xAt, Pairs pairs, float[] cos, float[] sin, int tableAt) {
    int distance = pairs.distance() * LANES;
    for (int pair = 0; pair < pairs.count(); pair++) {
      for (int half = 0; half < LANES; half += WIDTH) {
        int first = xAt + pairs.step() * pair * LANES + half;
        FloatVector a = load(x, first);
        FloatVector b = load(x, first + distance);
        FloatVector c = load(cos, tableAt + pair * LANES + half);
        FloatVector s = load(sin, tableAt + pair * LANES + half);
        a.fma(c, b.mul(s).neg()).intoArray(x, first);
        a.fma(s, b.mul(c)).intoArray(x, first + distance);
      }
    }
  }

  @Override
  public void swiGlu(float[] gate, int gateAt, float[] up, int upAt, int count) {
    for (int i = 0; i < count; i += WIDTH) {
      FloatVector g = load(gate, gateAt + i);
      g.div(exponential(g.neg()).add(broadcast(1)))
          .mul(load(up, upAt + i))
          .intoArray(gate, gateAt + i);
    }
  }

  @Override
  public void boundedSwiGlu(
      float[] gate, int gateAt, float[] up, int upAt, int count, float limit, float steepness) {
    for (int i = 0; i < count; i += WIDTH) {
      FloatVector g = load(gate, gateAt + i).min(broadcast(limit));
      FloatVector u = load(up, upAt + i).max(broadcast(-limit)).min(broadcast(limit));
      FloatVector e = exponential(g.mul(broadcast(steepness)).neg()).add(broadcast(1));
      g.div(e).mul(u.add(broadcast(1))).intoArray(gate, gateAt + i);
    }
  }

  @Override
  public void gelu(float[] x, int at, int count) {
    for (int i = at; i < at + count; i += WIDTH) {
      FloatVector v = load(x, i);
      FloatVector inner =
          v.mul(v).fma(broadcast(Gelu.TANGENT_CUBIC), broadcast(Gelu.TANGENT_LINEAR)).mul(v);
      v.div(exponential(inner.neg()).add(broadcast(1))).intoArray(x, i);
    }
  }

  @Override
  public void exactGelu(float[] x, int at, int count) {
    for (int i = at; i < at + count; i += WIDTH) {
      FloatVector v = load(x, i);
      FloatVector z = v.abs().mul(broadcast(Gelu.ROOT_HALF));
      FloatVector t = broadcast(1).div(z.fma(broadcast(0.5f), broadcast(1)));
      FloatVector p = broadcast(Gelu.C9);
      p = p.fma(t, broadcast(Gelu.C8));
      p = p.fma(t, broadcast(Gelu.C7));
      p = p.fma(t, broadcast(Gelu.C6));
      p = p.fma(t, broadcast(Gelu.C5));
      p = p.fma(t, broadcast(Gelu.C4));
      p = p.fma(t, broadcast(Gelu.C3));
      p = p.fma(t, broadcast(Gelu.C2));
      p = p.fma(t, broadcast(Gelu.C1));
      p = p.fma(t, broadcast(Gelu.C0));
      FloatVector tail = t.mul(exponential(p.sub(z.mul(z)))).mul(broadcast(0.5f));
      VectorMask<Float> negative = v.lt(broadcast(0));
      v.mul(broadcast(1).sub(tail).blend(tail, negative)).intoArray(x, i);
    }
  }

  @Override
  public void add(float[] x, int xAt, float[] y, int yAt, int count) {
    for (int i = 0; i < count; i += WIDTH) {
      load(x, xAt + i).add(load(y, yAt + i)).intoArray(x, xAt + i);
    }
  }

  @Override
  public void multiply(float[] x, int xAt, float[] y, int yAt, int count) {
    for (int i = 0; i < count; i += WIDTH) {
      load(x, xAt + i).mul(load(y, yAt + i)).intoArray(x, xAt + i);
    }
  }

  @Override
  public void addBias(float[] x, int xAt, int features, float[] bias, int biasAt) {
    for (int f = 0; f < features; f++) {
      FloatVector summand = broadcast(bias[biasAt + f]);
      int at = xAt + f * LANES;
      load(x, at).add(summand).intoArray(x, at);
      load(x, at + WIDTH).add(summand).intoArray(x, at + WIDTH);
    }
  }

  @Override
  public void scaleLanes(float[] x, int xAt, int features, float[] factors, int factorsAt) {
    FloatVector first = load(factors, factorsAt);
    FloatVector second = load(factors, factorsAt + WIDTH);
    for (int f = 0; f < features; f++) {
      int at = xAt + f * LANES;
      load(x, at).mul(first).intoArray(x, at);
      load(x, at + WIDTH).mul(second).intoArray(x, at + WIDTH);
    }
  }

  @Override
  public void softCap(float[] x, int at, int count, float factor, float cap) {
    float inner = factor / cap;
    for (int i = at; i < at + count; i += WIDTH) {
      FloatVector v = load(x, i).mul(broadcast(inner));
      FloatVector e = exponential(v.add(v)).add(broadcast(1));
      FloatVector far = broadcast(1).sub(broadcast(2).div(e));
      FloatVector z = v.mul(v);
      FloatVector p = z.fma(broadcast(Tangent.C4), broadcast(Tangent.C3));
      p = p.fma(z, broadcast(Tangent.C2));
      p = p.fma(z, broadcast(Tangent.C1));
      p = p.fma(z, broadcast(Tangent.C0));
      FloatVector near = p.mul(z).fma(v, v);
      VectorMask<Float> isNear = v.abs().lt(broadcast(Tangent.NEAR));
      far.blend(near, isNear).mul(broadcast(cap)).intoArray(x, i);
    }
  }

  @Override
  public void clamp(float[] x, int at, int count, float low, float high) {
    for (int i = at; i < at + count; i += WIDTH) {
      load(x, i).max(broadcast(low)).min(broadcast(high)).intoArray(x, i);
    }
  }

  @Override
  public void selfGate(float[] x, int at, int count, float steepness) {
    for (int i = at; i < at + count; i += WIDTH) {
      FloatVector v = load(x, i);
      FloatVector e = exponential(v.mul(broadcast(steepness)).neg()).add(broadcast(1));
      v.div(e).intoArray(x, i);
    }
  }

  @Override
  public void sigmoid(float[] x, int at, int count) {
    for (int i = at; i < at + count; i += WIDTH) {
      FloatVector e = exponential(load(x, i).neg()).add(broadcast(1));
      broadcast(1).div(e).intoArray(x, i);
    }
  }

  @Override
  public void softplus(float[] x, int at, int count) {
    for (int i = at; i < at + count; i += WIDTH) {
      FloatVector v = load(x, i);
      FloatVector u = exponential(v.abs().neg());
      FloatVector s = u.div(u.add(broadcast(2)));
      FloatVector z = s.mul(s);
      FloatVector p = z.fma(broadcast(Softplus.C13), broadcast(Softplus.C11));
      p = p.fma(z, broadcast(Softplus.C9));
      p = p.fma(z, broadcast(Softplus.C7));
      p = p.fma(z, broadcast(Softplus.C5));
      p = p.fma(z, broadcast(Softplus.C3));
      FloatVector half = p.mul(z).fma(s, s);
      v.max(broadcast(0)).add(half.add(half)).intoArray(x, i);
    }
  }

  @Override
  public void scan(ChannelScan.Token token) {
    float[] memory = token.memory();
    int length = token.stateLength();
    int writing = token.writing();
    int reading = token.reading();
    for (int channel = 0; channel < ChannelScan.BLOCK; channel += WIDTH) {
      int rates = token.rates() + channel;
      int states = token.states() + channel;
      FloatVector step = load(memory, token.steps() + channel);
      FloatVector written = load(memory, token.written() + channel);
      FloatVector read = FloatVector.zero(SPECIES);
      for (int i = 0; i < length; i++) {
        FloatVector left = exponential(load(memory, rates + i * ChannelScan.BLOCK).mul(step));
        FloatVector state =
            left.fma(
                load(memory, states + i * ChannelScan.BLOCK),
                written.mul(broadcast(memory[writing + i])));
        state.intoArray(memory, states + i * ChannelScan.BLOCK);
        read = broadcast(memory[reading + i]).fma(state, read);
      }
      read.intoArray(memory, token.read() + channel);
    }
  }

  @Override
  public void softmax(float[] scores, int keys, float scale) {
    for (int half = 0; half < LANES; half += WIDTH) {
      FloatVector max = broadcast(Float.NEGATIVE_INFINITY);
      for (int key = 0; key < keys; key++) {
        max = load(scores, key * LANES + half).max(max);
      }
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int key = 0; key < keys; key++) {
        int at = key * LANES + half;
        FloatVector weight = exponential(load(scores, at).sub(max).mul(broadcast(scale)));
        weight.intoArray(scores, at);
        sum = weight.add(sum);
      }
      FloatVector inverse = broadcast(1).div(sum);
      for (int key = 0; key < keys; key++) {
        int at = key * LANES + half;
        load(scores, at).mul(inverse).intoArray(scores, at);
      }
    }
  }

  @Override
  public void delta(float[] memory, ChannelDelta.Tokens tokens, int state, int values) {
    for (int token = 0; token < tokens.tokens(); token++) {
      int value = values + token * LANES;
      DeltaKernel.rows(memory, tokens.row(token), tokens.keyLength(), state, value);
      DeltaKernel.rows(memory, tokens.row(token), tokens.keyLength(), state + WIDTH, value + WIDTH);
    }
  }

  @Override
  public void exp(float[] x, int xAt, float shift, float[] out, int outAt, int count) {
    int i = 0;
    for (; i <= count - WIDTH; i += WIDTH) {
      exponential(load(x, xAt + i).sub(broadcast(shift))).intoArray(out, outAt + i);
    }
    for (; i < count; i++) {
      out[outAt + i] = Exponential.exp(x[xAt + i] - shift);
    }
  }

  /// The twin of [Exponential#exp].
  ///
  /// No method of `x` itself is called, since its class is unknown where this is compiled by
  /// itself: with vectors as objects, the code would become too large to be inlined anywhere.
  private static FloatVector exponential(FloatVector x) {
    FloatVector bounded =
        broadcast(Exponential.SMALLEST).max(x).min(broadcast(Exponential.LARGEST));
    FloatVector shifted =
        bounded.fma(broadcast(Exponential.LOG2_E), broadcast(Exponential.ROUNDER));
    FloatVector n = shifted.sub(broadcast(Exponential.ROUNDER));
    FloatVector r = n.fma(broadcast(-Exponential.LN2_HIGH), bounded);
    r = n.fma(broadcast(-Exponential.LN2_LOW), r);
    FloatVector p = r.fma(broadcast(Exponential.C7), broadcast(Exponential.C6));
    p = p.fma(r, broadcast(Exponential.C5));
    p = p.fma(r, broadcast(Exponential.C4));
    p = p.fma(r, broadcast(Exponential.C3));
    p = p.fma(r, broadcast(Exponential.C2));
    p = p.fma(r.mul(r), r).add(broadcast(1));
    var exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    FloatVector result = p.reinterpretAsInts().add(exponent).reinterpretAsFloats();
    VectorMask<Float> vanishes = broadcast(Exponential.SMALLEST).compare(VectorOperators.GT, x);
    return result.blend(FloatVector.zero(SPECIES), vanishes);
  }

  static FloatVector load(float[] array, int at) {
    return FloatVector.fromArray(SPECIES, array, at);
  }

  static FloatVector broadcast(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }
}

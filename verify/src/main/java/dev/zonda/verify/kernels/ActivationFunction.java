package dev.zonda.verify.kernels;

import java.util.Arrays;
import java.util.Optional;

/// An activation that sees one number at a time.
public enum ActivationFunction implements Activation {
  /// `x / (1 + exp(-x))`, also called swish.
  SILU("silu") {
    @Override
    public void gate(Kernels kernels, float[] gate, int gateAt, float[] up, int upAt, int count) {
      kernels.swiGlu(gate, gateAt, up, upAt, count);
    }

    @Override
    public void apply(Kernels kernels, float[] x, int at, int count) {
      kernels.selfGate(x, at, count, 1);
    }
  },
  /// GELU in its approximation by a hyperbolic tangent.
  TANGENT_GELU("gelu_tanh") {
    @Override
    public void apply(Kernels kernels, float[] x, int at, int count) {
      kernels.gelu(x, at, count);
    }
  },
  /// GELU by the normal distribution itself.
  EXACT_GELU("gelu") {
    @Override
    public void apply(Kernels kernels, float[] x, int at, int count) {
      kernels.exactGelu(x, at, count);
    }
  },
  /// GELU in its approximation by a sigmoid.
  QUICK_GELU("quick_gelu") {
    private static final float STEEPNESS = 1.702f;

    @Override
    public void apply(Kernels kernels, float[] x, int at, int count) {
      kernels.selfGate(x, at, count, STEEPNESS);
    }
  },
  /// `x` above zero, else zero.
  RELU("relu") {
    @Override
    public void apply(Kernels kernels, float[] x, int at, int count) {
      kernels.clamp(x, at, count, 0, Float.POSITIVE_INFINITY);
    }
  },
  /// The square of `x` above zero, else zero.
  SQUARED_RELU("relu2") {
    @Override
    public void apply(Kernels kernels, float[] x, int at, int count) {
      kernels.clamp(x, at, count, 0, Float.POSITIVE_INFINITY);
      kernels.multiply(x, at, x, at, count);
    }
  },
  /// `x` from zero to six, and these bounds beyond.
  RELU_6("relu6") {
    @Override
    public void apply(Kernels kernels, float[] x, int at, int count) {
      kernels.clamp(x, at, count, 0, 6);
    }
  },
  /// `1 / (1 + exp(-x))`.
  SIGMOID("sigmoid") {
    @Override
    public void apply(Kernels kernels, float[] x, int at, int count) {
      kernels.sigmoid(x, at, count);
    }
  },
  TANH("tanh") {
    @Override
    public void apply(Kernels kernels, float[] x, int at, int count) {
      kernels.softCap(x, at, count, 1, 1);
    }
  };

  private final String title;

  ActivationFunction(String title) {
    this.title = title;
  }

  /// The function of a name, if there is one.
  public static Optional<ActivationFunction> of(String name) {
    return Arrays.stream(values()).filter(function -> function.title.equals(name)).findFirst();
  }

  @Override
  public void gate(Kernels kernels, float[] gate, int gateAt, float[] up, int upAt, int count) {
    apply(kernels, gate, gateAt, count);
    kernels.multiply(gate, gateAt, up, upAt, count);
  }
}

package dev.zonda.verify.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// What is warmed up has to run on this machine's vectors, and on all others.
@Tag("vector")
class WarmUpTest {
  private static final String DESCRIBES = "computes nothing";

  /// Every run would wait for these to be compiled, and most need none of them.
  private static final String SOME = "only some architectures call it: ";

  /// Operations that are not warmed up, and why. A new operation is warmed up, or gets a line here.
  private static final Map<String, String> LEFT_OUT =
      Map.ofEntries(
          Map.entry("lanes()", DESCRIBES),
          Map.entry("rowsAtOnce()", DESCRIBES),
          Map.entry("description()", DESCRIBES),
          Map.entry("layerNorm(float[] int int Affine float float[] int)", SOME + "bloom, mpt, …"),
          Map.entry("boundedSwiGlu(float[] int float[] int int float float)", SOME + "gpt-oss"),
          Map.entry("gelu(float[] int int)", SOME + "gemma2, gpt2, …"),
          Map.entry("exactGelu(float[] int int)", SOME + "falcon, gptneox, …"),
          Map.entry(
              "multiply(float[] int float[] int int)", SOME + "those with other gates than SwiGLU"),
          Map.entry("addBias(float[] int int float[] int)", SOME + "those with biases"),
          Map.entry("delta(float[] Tokens int int)", SOME + "kimi-linear"),
          Map.entry("scaleLanes(float[] int int float[] int)", SOME + "those with experts"),
          Map.entry("softCap(float[] int int float float)", SOME + "gemma2, those with tanh"),
          Map.entry("clamp(float[] int int float float)", SOME + "mpt, those with ReLU"),
          Map.entry("selfGate(float[] int int float)", SOME + "those with ungated SiLU"),
          Map.entry("sigmoid(float[] int int)", SOME + "those with a sigmoid for an activation"),
          Map.entry("scan(Token)", SOME + "mamba, …"),
          Map.entry("softplus(float[] int int)", SOME + "those with states that fade"));

  @Test
  void callsEveryOperationThatIsNotLeftOut() {
    Set<String> called = new ConcurrentSkipListSet<>();
    VectorKernels real = new VectorKernels();
    Kernels kernels =
        (Kernels)
            Proxy.newProxyInstance(
                Kernels.class.getClassLoader(),
                new Class<?>[] {Kernels.class},
                (_, method, arguments) -> {
                  called.add(signature(method));
                  try {
                    return method.invoke(real, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    new WarmUp(kernels).run();
    Set<String> expected =
        Arrays.stream(Kernels.class.getDeclaredMethods())
            .map(WarmUpTest::signature)
            .collect(Collectors.toCollection(TreeSet::new));
    assertTrue(expected.containsAll(LEFT_OUT.keySet()), LEFT_OUT::toString);
    expected.removeAll(LEFT_OUT.keySet());
    called.removeIf(operation -> DESCRIBES.equals(LEFT_OUT.get(operation)));
    assertEquals(expected, called);
  }

  /// Some operations share a name.
  private static String signature(Method method) {
    return Arrays.stream(method.getParameterTypes())
        .map(Class::getSimpleName)
        .collect(Collectors.joining(" ", method.getName() + "(", ")"));
  }

  @Test
  void runsWithEveryKindOfKernels() {
    Stream.of(new ScalarKernels(16), new ScalarKernels(3), new VectorKernels())
        .forEach(kernels -> new WarmUp(kernels).run());
  }
}

package dev.zonda.verify.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
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
  /// Operations that every evaluation of the most frequent families needs.
  private static final Set<String> NEEDED =
      Set.of("multiplyPanel", "multiply", "softmax", "swiGlu", "rmsNorm", "rotate", "add", "exp");

  @Test
  void callsWhatEvaluationsNeed() {
    Set<String> called = new ConcurrentSkipListSet<>();
    VectorKernels real = new VectorKernels();
    Kernels kernels =
        (Kernels)
            Proxy.newProxyInstance(
                Kernels.class.getClassLoader(),
                new Class<?>[] {Kernels.class},
                (_, method, arguments) -> {
                  called.add(method.getName());
                  try {
                    return method.invoke(real, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    new WarmUp(kernels).run();
    assertEquals(
        new TreeSet<>(NEEDED),
        called.stream().filter(NEEDED::contains).collect(Collectors.toCollection(TreeSet::new)));
  }

  @Test
  void runsWithEveryKindOfKernels() {
    Stream.of(new ScalarKernels(16), new ScalarKernels(3), new VectorKernels())
        .forEach(kernels -> new WarmUp(kernels).run());
  }
}

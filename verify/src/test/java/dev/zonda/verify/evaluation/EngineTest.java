package dev.zonda.verify.evaluation;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.quantize.kernel.Vectors;
import dev.zonda.verify.kernels.KernelChoice;
import dev.zonda.verify.kernels.Kernels;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;

class EngineTest {
  private static final String CAUSE = "these kernels compute nothing";

  @Test
  void evaluatesWithTheChosenVectors() {
    try (Engine engine = Engine.of(1)) {
      assertDoesNotThrow(engine::awaitWarmUp);
      assertTrue(engine.description().startsWith(Vectors.chosen().description()));
    }
  }

  /// A kernel that fails while nobody looks would fail on real work, or make it slow.
  @Test
  void aFailedWarmUpFailsWhoWaitsForIt() {
    try (Engine engine = new Engine(brokenKernels(), 1, 1 << 20)) {
      IllegalStateException failure =
          assertThrows(IllegalStateException.class, engine::awaitWarmUp);
      assertEquals(CAUSE, failure.getCause().getMessage());
    }
  }

  private static Kernels brokenKernels() {
    Kernels real = KernelChoice.best();
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (_, method, arguments) -> {
              if (method.getReturnType() == void.class) {
                throw new IndexOutOfBoundsException(CAUSE);
              }
              return method.invoke(real, arguments);
            });
  }
}

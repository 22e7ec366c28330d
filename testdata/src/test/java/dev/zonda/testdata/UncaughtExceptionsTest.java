package dev.zonda.testdata;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.Extension;

class UncaughtExceptionsTest {
  /// Dies in the extension that JUnit has set up, and which fails this very test: so the test's own
  /// copy takes the handler's place, and gives it back.
  @Test
  void anExceptionThatNobodyCatchesFailsTheTestOnce() throws InterruptedException {
    Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
    UncaughtExceptions extension = new UncaughtExceptions();
    try {
      extension.listen();
      Thread thread =
          new Thread(() -> {
            throw new IllegalStateException("lost");
          });
      thread.start();
      thread.join();
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
    AssertionError error = assertThrows(AssertionError.class, extension::failIfAny);
    assertEquals("lost", error.getCause().getMessage());
    assertDoesNotThrow(extension::failIfAny);
  }

  @Test
  void jUnitFindsIt() {
    long found =
        ServiceLoader.load(Extension.class).stream()
            .filter(provider -> provider.type() == UncaughtExceptions.class)
            .count();
    assertEquals(1, found);
    assertEquals("true", System.getProperty("junit.jupiter.extensions.autodetection.enabled"));
  }
}

package dev.zonda.testdata;

import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Fails the test during which any thread ended with an exception that nobody caught. JUnit finds
/// it by itself, for all tests of all modules.
///
/// An exception after a module's last test fails the module's last test class.
public final class UncaughtExceptions implements BeforeAllCallback, AfterEachCallback {
  private final ConcurrentLinkedQueue<Throwable> uncaught = new ConcurrentLinkedQueue<>();

  @Override
  public void beforeAll(ExtensionContext context) {
    listen();
    context
        .getRoot()
        .getStore(ExtensionContext.Namespace.create(UncaughtExceptions.class))
        .getOrComputeIfAbsent(
            UncaughtExceptions.class, _ -> (AutoCloseable) this::failIfAny, AutoCloseable.class);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    failIfAny();
  }

  void listen() {
    Thread.setDefaultUncaughtExceptionHandler((_, thrown) -> uncaught.add(thrown));
  }

  void failIfAny() {
    Throwable first = uncaught.poll();
    if (first == null) {
      return;
    }
    AssertionError error = new AssertionError("a thread ended with " + first, first);
    uncaught.forEach(error::addSuppressed);
    uncaught.clear();
    throw error;
  }
}

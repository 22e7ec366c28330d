package dev.zonda.formats;

import java.io.IOException;

/// An output cannot be started because another run is writing it or has left something in its
/// place. The message is one line that says what to do.
public final class OutputRefusedException extends IOException {
  private static final long serialVersionUID = 1L;

  public OutputRefusedException(String message) {
    super(message);
  }
}

package dev.zonda.verify.architectures;

import dev.zonda.formats.FormatException;
import dev.zonda.verify.network.Keys;
import dev.zonda.verify.network.Network;

/// Models of one architecture.
///
/// @param name GGUF's name for it
/// @param description what their network computes
record Architecture(String name, Description description) {
  /// Describes the network of a model by its metadata.
  @FunctionalInterface
  interface Description {
    /// @throws FormatException if the metadata ask for something that cannot be evaluated
    Network of(Keys keys) throws FormatException;
  }
}

package dev.zonda.convert.rules;

import dev.zonda.convert.config.ModelConfig;
import dev.zonda.formats.FormatException;

/// Whether config.json says that the network has a tensor. transformers does not use others.
@FunctionalInterface
public interface Announcement {
  /// Tensors that the weights alone decide on.
  Announcement ALWAYS = config -> true;

  /// Tensors that the network never has, though some tools write them.
  Announcement NEVER = config -> false;

  boolean isMade(ModelConfig config) throws FormatException;

  /// Announced by a switch.
  ///
  /// @param usual its position where config.json does not mention it
  static Announcement by(String field, boolean usual) {
    return config -> config.fields().mentions(field) ? config.is(field) : usual;
  }

  /// Announced by a switch that is off.
  static Announcement without(String field, boolean usual) {
    Announcement opposite = by(field, usual);
    return config -> !opposite.isMade(config);
  }
}

package dev.zonda.convert.families;

import dev.zonda.convert.config.JsonFields;
import dev.zonda.formats.FormatException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A model family: everything that its conversion needs to know, as tables.
///
/// @param name for people
/// @param classes the names in config.json's `architectures` that it covers
/// @param modelType config.json's `model_type`, whose class in transformers fills in defaults
/// @param architecture GGUF's name for it
/// @param defaults those of the class
/// @param tensors which tensors there are and what becomes of them
/// @param ignored ends of names of tensors that hold nothing of the model's own
/// @param metadata the family's keys, in the file's order
public record Family(
    String name,
    Set<String> classes,
    String modelType,
    String architecture,
    Defaults defaults,
    List<TensorRule> tensors,
    List<String> ignored,
    List<MetadataRule> metadata) {
  /// Values of fields that config.json lacks.
  @FunctionalInterface
  public interface Defaults {
    Map<String, Number> of(JsonFields config) throws FormatException;
  }
}

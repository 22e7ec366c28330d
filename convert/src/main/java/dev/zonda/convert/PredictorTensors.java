package dev.zonda.convert;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.ModelConfig;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.config.PredictorChoice;
import dev.zonda.convert.rules.Family;
import dev.zonda.convert.rules.Predictors;
import dev.zonda.formats.FormatException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;

/// Tells the tensors of layers that predict further tokens from the others, and which of the two
/// are wanted.
///
/// @param file to be named in messages
/// @param names Hugging Face's name of a tensor by the checkpoint's
/// @param layers of the network itself
record PredictorTensors(
    Path file,
    Family family,
    UnaryOperator<String> names,
    int layers,
    PredictorChoice choice,
    Fidelity fidelity) {
  /// Finds such layers.
  ///
  /// @param tensors of the model, by the checkpoint's names
  /// @throws FormatException if nothing but them is wanted, and there are none
  Predictors.Found found(List<String> tensors, ModelConfig config, Notes notes)
      throws FormatException {
    if (family.predictors().isEmpty()) {
      return none(
          family.beyondLayers().map(_ -> family.name() + " is written without them"), notes);
    }
    int said = family.predictors().get().count().of(config);
    long count = tensors.stream().filter(this::isOfPredictor).count();
    if (count > 0) {
      return switch (choice) {
        case KEEP -> new Predictors.Found(said, said, choice);
        case LEAVE_OUT -> {
          notes.add(
              "%d tensors of layers that predict further tokens are left out".formatted(count));
          yield new Predictors.Found(0, 0, choice);
        }
        case ONLY -> {
          notes.add(
              "%d tensors of the network itself are left out"
                  .formatted(tensors.stream().filter(name -> !isWanted(name)).count()));
          yield new Predictors.Found(said, said, choice);
        }
      };
    }
    if (said > 0 && choice == PredictorChoice.KEEP) {
      if (fidelity == Fidelity.AS_REFERENCE) {
        return new Predictors.Found(said, 0, choice);
      }
      notes.add(
          ("the checkpoint has no tensors of layers that predict further tokens, though %s: the file"
                  + " does not count them; llama.cpp's converter does (--as-reference)")
              .formatted(
                  config.optionalCount(Predictors.FIELD).equals(OptionalLong.of(said))
                      ? "config.json counts " + said
                      : "models of the family have " + said));
    }
    return none(Optional.of("the checkpoint has none"), notes);
  }

  private Predictors.Found none(Optional<String> reason, Notes notes) throws FormatException {
    String why = reason.orElse("the " + family.name() + " family has none");
    return switch (choice) {
      case KEEP -> Predictors.Found.NONE;
      case LEAVE_OUT -> {
        notes.add("--no-mtp has no effect on layers that predict further tokens: " + why);
        yield new Predictors.Found(0, 0, choice);
      }
      case ONLY ->
          throw FormatException.in(
              file,
              "has no layers that predict further tokens: %s; leave out --mtp".formatted(why));
    };
  }

  /// Whether a tensor of the model is to be written.
  boolean isWanted(String name) {
    return family.predictors().isEmpty()
        || switch (choice) {
          case KEEP -> true;
          case LEAVE_OUT -> !isOfPredictor(name);
          case ONLY -> isOfPredictor(name) || Predictors.share(family.usualName(names.apply(name)));
        };
  }

  private boolean isOfPredictor(String name) {
    return family.layer(names.apply(name), layers) >= layers;
  }
}

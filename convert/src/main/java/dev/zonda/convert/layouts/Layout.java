package dev.zonda.convert.layouts;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.rules.Leftover;
import dev.zonda.convert.rules.MetadataRule;
import dev.zonda.convert.rules.RotaryOrder;
import dev.zonda.convert.tokenizers.VocabularyForm;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// What a checkpoint folder calls its fields and tensors, in terms of Hugging Face's layout, which
/// the families know.
///
/// @param said what the folder's own configuration file says
/// @param config the fields of a config.json that says the same
/// @param names Hugging Face's name of a tensor; one that is not known stays as it is
/// @param rotary in which order the values of a head lie
/// @param leftovers tensors that no family knows, by Hugging Face's names
/// @param metadata keys after the family's
/// @param vocabulary form in which the vocabulary is kept, if that does not depend on the family
public record Layout(
    JsonFields said,
    JsonFields config,
    UnaryOperator<String> names,
    RotaryOrder rotary,
    List<Leftover> leftovers,
    List<MetadataRule> metadata,
    Optional<VocabularyForm> vocabulary) {
  private static final String CONFIG = "config.json";
  private static final String PARAMS = "params.json";

  public Layout {
    leftovers = List.copyOf(leftovers);
    metadata = List.copyOf(metadata);
  }

  /// The layout of a folder.
  ///
  /// @throws FormatException if it is not a known one
  public static Layout of(CheckpointFolder folder, Fidelity fidelity, Notes notes)
      throws IOException {
    return switch (folder.names()) {
      case HUGGING_FACE -> {
        WrappedNames.note(folder.weights(), notes);
        yield huggingFace(fields(folder, CONFIG));
      }
      case CONSOLIDATED -> {
        JsonFields params = fields(folder, PARAMS);
        yield MistralLayout.covers(params)
            ? MistralLayout.of(params, fidelity, notes)
            : MetaLayout.of(params, folder.weights(), notes);
      }
    };
  }

  private static Layout huggingFace(JsonFields config) {
    return new Layout(
        config,
        config,
        WrappedNames::unwrapped,
        RotaryOrder.HALVES,
        List.of(),
        List.of(),
        Optional.empty());
  }

  private static JsonFields fields(CheckpointFolder folder, String name) throws IOException {
    return JsonFields.of(
        folder.path().resolve(name),
        folder
            .json(name)
            .orElseThrow(() ->
                FormatException.in(
                    folder.path(), "has no %s: it is not a checkpoint folder".formatted(name))));
  }
}

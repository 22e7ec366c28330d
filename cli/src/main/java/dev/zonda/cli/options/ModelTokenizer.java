package dev.zonda.cli.options;

import dev.zonda.convert.Blueprint;
import dev.zonda.convert.tokenizers.Tokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.gguf.GgufModel;
import java.io.IOException;
import java.nio.file.Path;

/// The tokenizer of a model that a user names.
public final class ModelTokenizer {
  private ModelTokenizer() {}

  /// Metadata do not know their model, so its name is added to errors here: there may be several
  /// models.
  public static Tokenizer of(GgufModel model) throws IOException {
    if (model instanceof Blueprint folder) {
      return folder.tokenizer();
    }
    try {
      return Tokenizer.of(model.metadata());
    } catch (FormatException e) {
      throw FormatException.in(Path.of(model.name()), e.getMessage(), e);
    }
  }
}

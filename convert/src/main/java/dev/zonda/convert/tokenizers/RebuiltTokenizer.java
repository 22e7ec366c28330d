package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.SpecialTokenKind;
import dev.zonda.convert.tokenizers.files.TokenRoles;
import dev.zonda.convert.tokenizers.files.TokenizerClass;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/// What a [TokenizerClass] that rebuilds a tokenizer does where tokenizer.json says something else.
/// The file is believed: it is what other versions of transformers, llama.cpp and the model's maker
/// go by.
///
/// @param files of the folder
/// @param loader its class
record RebuiltTokenizer(TokenizerFiles files, TokenizerClass loader) {
  private static final String IGNORE_MERGES = "ignore_merges";

  /// Says what the class does differently from the file, if anything.
  ///
  /// @param base the vocabulary's ids by text
  /// @param spaces what it does about spaces or words, if something else
  void note(Map<String, Integer> base, Optional<String> spaces, Notes notes) throws IOException {
    if (!loader.rebuilds() || files.tokenizer().isEmpty()) {
      return;
    }
    List<String> differences = new ArrayList<>();
    spaces.ifPresent(differences::add);
    JsonFields tokenizer = files.tokenizerFields().orElseThrow();
    Optional<JsonFields> model = tokenizer.object("model");
    if (model.isPresent() && model.get().bool(IGNORE_MERGES).orElse(false)) {
      differences.add("merges words that are tokens");
    }
    if (model.isPresent()) {
      unknown(model.get(), base).ifPresent(differences::add);
    }
    if (loader == TokenizerClass.GPT_NEOX
        && !DocumentTemplate.of(tokenizer).equals(Surroundings.NONE)) {
      differences.add("puts no tokens around a text");
    }
    lost(base).ifPresent(differences::add);
    if (!differences.isEmpty()) {
      notes.add(
          "transformers 5 loads this tokenizer as %s, which %s; tokenizer.json is believed"
              .formatted(loader.className(), String.join(", and ", differences)));
    }
  }

  /// The first of the added tokens that the class does not take as the file describes them.
  private Optional<String> lost(Map<String, Integer> base) throws IOException {
    Notes unheard = new Notes();
    var own = AddedVocabulary.of(files, loader, base, Fidelity.CORRECTED, unheard).byId();
    var rebuilt = AddedVocabulary.of(files, loader, base, Fidelity.AS_REFERENCE, unheard).byId();
    List<Integer> lost =
        own.sequencedKeySet().stream().filter(id -> !own.get(id).equals(rebuilt.get(id))).toList();
    return lost.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "treats the added token '%s' differently (%d such)"
                .formatted(own.get(lost.getFirst()).content(), lost.size()));
  }

  /// What the class does with characters that neither they nor their bytes have a token for.
  private Optional<String> unknown(JsonFields model, Map<String, Integer> base) throws IOException {
    boolean hasAllBytes =
        IntStream.range(0, 256).allMatch(value -> base.containsKey("<0x%02X>".formatted(value)));
    boolean isGemma = loader == TokenizerClass.GEMMA;
    boolean isLlama = loader == TokenizerClass.LLAMA || loader == TokenizerClass.CODE_LLAMA;
    if (hasAllBytes || !(isGemma || isLlama)) {
      return Optional.empty();
    }
    Optional<String> token =
        loader == TokenizerClass.LLAMA
            ? Optional.empty()
            : TokenRoles.of(files, loader).text(SpecialTokenKind.UNK);
    boolean isSame = model.bool("fuse_unk").orElse(false) && model.text("unk_token").equals(token);
    return isSame ? Optional.empty() : Optional.of("treats unknown characters differently");
  }
}

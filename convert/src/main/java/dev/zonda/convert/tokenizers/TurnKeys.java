package dev.zonda.convert.tokenizers;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.JsonFields;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.TokenizerFiles;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// What llama.cpp's converter writes over what the files of some models say: of Qwen 3 Omni and
/// Qwen 3 ASR the end of a turn as the beginning and the end of texts, of the latter a template
/// that takes texts only, of LLaDA that texts begin with a BOS. By default, a note says where that
/// differs.
record TurnKeys(TokenizerFiles files, VocabularyForm form, Fidelity fidelity, Notes notes) {
  private static final String TURN_END = "<|im_end|>";

  private static final String TEMPLATE =
      "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' +"
          + " message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
          + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

  void write(Metadata.Builder metadata) throws IOException {
    if (form == VocabularyForm.LLADA) {
      write(TokenizerKeys.ADD_BOS, new MetadataValue.Bool(true), "true", metadata);
      return;
    }
    if (form == VocabularyForm.TRANSCRIPTS) {
      write(TokenizerKeys.CHAT_TEMPLATE, new MetadataValue.Text(TEMPLATE), "a plain one", metadata);
    }
    Optional<Long> id = turnEnd();
    if (id.isPresent()) {
      MetadataValue value = new MetadataValue.Uint32(id.get());
      write(TokenizerKeys.BOS_ID, value, id.get().toString(), metadata);
      write(TokenizerKeys.EOS_ID, value, id.get().toString(), metadata);
    }
  }

  private void write(String key, MetadataValue value, String shown, Metadata.Builder metadata) {
    if (fidelity == Fidelity.AS_REFERENCE) {
      metadata.put(key, value);
      return;
    }
    Optional<MetadataValue> own = metadata.build().get(key);
    if (!own.equals(Optional.of(value))) {
      notes.add(
          "%s is what the folder says%s; llama.cpp's converter writes %s (--as-reference)"
              .formatted(key, own.isPresent() ? "" : ", nothing", shown));
    }
  }

  private Optional<Long> turnEnd() throws IOException {
    Optional<JsonFields> added = files.addedTokensDecoder();
    if (added.isEmpty()) {
      return Optional.empty();
    }
    for (Map.Entry<String, JsonNode> token : added.get().fields()) {
      if (token.getValue().path("content").asString("").equals(TURN_END)
          && token.getKey().matches("[0-9]{1,9}")) {
        return Optional.of(Long.parseLong(token.getKey()));
      }
    }
    return Optional.empty();
  }
}

package dev.zonda.convert.tokenizers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.convert.config.Notes;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Where a chat template is found: by default as transformers looks, with `--as-reference` as the
/// reference does.
class ChatTemplatesTest {
  private static final String JINJA = "chat_template.jinja";
  private static final String CONFIG = "tokenizer_config.json";

  @TempDir private Path temp;
  private TokenizerFolder folder;

  @BeforeEach
  void copy() throws IOException {
    folder = TokenizerFolder.ofZoo("llama2", temp);
  }

  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void lineEndsOfWindowsAreRead(Fidelity fidelity) throws IOException {
    folder.write(JINJA, "{% for m in messages %}\r\n{{ m }}\r{% endfor %}\r\n");
    folder.write("additional_chat_templates/tool_use.jinja", "a\r\nb");
    var metadata = folder.convert(fidelity, new Notes());
    assertEquals(
        Optional.of("{% for m in messages %}\n{{ m }}\n{% endfor %}\n"),
        metadata.text(TokenizerKeys.CHAT_TEMPLATE));
    assertEquals(Optional.of("a\nb"), metadata.text(TokenizerKeys.CHAT_TEMPLATE + ".tool_use"));
  }

  /// Escapes in JSON are the text itself.
  @ParameterizedTest
  @EnumSource(Fidelity.class)
  void lineEndsInJsonStay(Fidelity fidelity) throws IOException {
    folder.edit(CONFIG, config -> config.put("chat_template", "a\r\nb"));
    assertEquals(Optional.of("a\r\nb"), template(fidelity, new Notes()));
  }

  @Test
  void theFileCountsBesideAnOlderTemplate() throws IOException {
    folder.edit(CONFIG, config -> config.put("chat_template", "OLD"));
    folder.write(JINJA, "NEW");
    Notes notes = new Notes();
    assertEquals(Optional.of("NEW"), template(Fidelity.CORRECTED, notes));
    assertNote(
        notes,
        "chat template 'default' of chat_template.jinja is written, as transformers reads it;"
            + " llama.cpp's converter writes 'default' of tokenizer_config.json (--as-reference)");
    assertEquals(Optional.of("OLD"), template(Fidelity.AS_REFERENCE, new Notes()));
  }

  @Test
  void theFileCountsBesideNull() throws IOException {
    folder.edit(CONFIG, config -> config.putNull("chat_template"));
    folder.write(JINJA, "NEW");
    Notes notes = new Notes();
    assertEquals(Optional.of("NEW"), template(Fidelity.CORRECTED, notes));
    assertNote(notes, "llama.cpp's converter writes none");
    assertEquals(Optional.empty(), template(Fidelity.AS_REFERENCE, new Notes()));
  }

  @Test
  void theFileCountsWithoutAConfiguration() throws IOException {
    folder.delete(CONFIG);
    folder.write(JINJA, "NEW");
    Notes notes = new Notes();
    assertEquals(Optional.of("NEW"), template(Fidelity.CORRECTED, notes));
    assertNote(notes, "llama.cpp's converter writes none");
    assertEquals(Optional.empty(), template(Fidelity.AS_REFERENCE, new Notes()));
  }

  @Test
  void equalTemplatesAreNoContradiction() throws IOException {
    folder.edit(CONFIG, config -> config.put("chat_template", "SAME"));
    folder.write(JINJA, "SAME");
    Notes notes = new Notes();
    assertEquals(Optional.of("SAME"), template(Fidelity.CORRECTED, notes));
    assertEquals(
        List.of(), notes.list().stream().filter(line -> line.contains("template")).toList());
  }

  @Test
  void templatesByNameMayBeAnObject() throws IOException {
    folder.edit(
        CONFIG,
        config -> config.putObject("chat_template").put("default", "A").put("tool_use", "B"));
    Notes notes = new Notes();
    var metadata = folder.convert(Fidelity.CORRECTED, notes);
    assertEquals(Optional.of("A"), metadata.text(TokenizerKeys.CHAT_TEMPLATE));
    assertEquals(Optional.of("B"), metadata.text(TokenizerKeys.CHAT_TEMPLATE + ".tool_use"));
    assertNote(notes, "llama.cpp's converter writes none");
  }

  private Optional<String> template(Fidelity fidelity, Notes notes) throws IOException {
    return folder.convert(fidelity, notes).text(TokenizerKeys.CHAT_TEMPLATE);
  }

  private static void assertNote(Notes notes, String part) {
    assertTrue(
        notes.list().stream().anyMatch(line -> line.contains(part)), notes.list().toString());
  }
}

package dev.zonda.convert;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import java.nio.file.Path;
import java.util.Map;

/// An escape in JSON can stand for one half of a surrogate pair; text in a GGUF file cannot hold
/// it.
final class WholeCharacters {
  private WholeCharacters() {}

  /// @throws FormatException if a key or text of the metadata has such a half
  static void require(Metadata metadata, Path folder) throws FormatException {
    for (Map.Entry<String, MetadataValue> entry : metadata.entries().entrySet()) {
      require(entry.getKey(), entry.getKey(), folder);
      switch (entry.getValue()) {
        case MetadataValue.Text(String text) -> require(text, entry.getKey(), folder);
        case MetadataValue.Array array -> {
          for (MetadataValue value : array.values()) {
            if (value instanceof MetadataValue.Text(String text)) {
              require(text, entry.getKey(), folder);
            }
          }
        }
        case MetadataValue.Uint8 _,
            MetadataValue.Int8 _,
            MetadataValue.Uint16 _,
            MetadataValue.Int16 _,
            MetadataValue.Uint32 _,
            MetadataValue.Int32 _,
            MetadataValue.Float32 _,
            MetadataValue.Bool _,
            MetadataValue.Uint64 _,
            MetadataValue.Int64 _,
            MetadataValue.Float64 _ -> {
          // Numbers hold no text.
        }
      }
    }
  }

  private static void require(String text, String key, Path folder) throws FormatException {
    int next = 0;
    while (next < text.length()) {
      int character = text.codePointAt(next);
      if (isHalf(character)) {
        throw FormatException.in(
            folder,
            "%s would hold an unpaired surrogate, U+%04X, at character %d: repair the JSON file"
                .formatted(key, character, next));
      }
      next += Character.charCount(character);
    }
  }

  /// U+DC80 to U+DCFF stand for bytes that are not UTF-8, and are written as those bytes.
  private static boolean isHalf(int character) {
    return character >= Character.MIN_SURROGATE
        && character <= Character.MAX_SURROGATE
        && (character < 0xdc80 || character > 0xdcff);
  }
}

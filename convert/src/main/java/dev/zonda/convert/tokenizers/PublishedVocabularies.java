package dev.zonda.convert.tokenizers;

import dev.zonda.convert.tokenizers.words.PreTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// The byte-level vocabularies of published models that llama.cpp's converter (the reference) has
/// names for: it knows them by the ids that a text gets.
final class PublishedVocabularies {
  /// The text, of everything that vocabularies are known to differ in.
  static final String TEXT =
      "\n \n\n \n\n\n \t \t\t \t\n  \n   \n    \n     \n"
          + "\ud83d\ude80 (normal) \ud83d\ude36\u200d\ud83c\udf2b\ufe0f (multiple emojis "
          + "concatenated) \u2705 \ud83e\udd99\ud83e\udd99 "
          + "3 33 333 3333 33333 333333 3333333 33333333 3.3 3..3 3...3 "
          + "\u1780\u17b6\u1793\u17cb\u178f\u17c2\u1796\u17b7\u179f\u17c1\u179f\u17a2\u17b6\u1785"
          + "\ud83d\ude01 ?\u6211\u60f3\u5728apple\u5de5\u4f5c1314151\u5929\uff5e ------======= "
          + "\u043d\u0435\u0449\u043e \u043d\u0430 "
          + "\u0411\u044a\u043b\u0433\u0430\u0440\u0441\u043a\u0438 "
          + "''''''```````\"\"\"\"......!!!!!!?????? I've been 'told he's there, 'RE you sure? "
          + "'M not sure I'll make it, 'D you like some tea? We'Ve a'lL";

  private static final String RESOURCE = "published-vocabularies.txt";

  private final Map<String, String> names;

  /// @param names GGUF's names of pre-tokenizers, by [hash][#hash]
  PublishedVocabularies(Map<String, String> names) {
    this.names = Map.copyOf(names);
  }

  /// Those that the reference knows.
  static PublishedVocabularies ofReference() {
    Map<String, String> names = new HashMap<>();
    for (String line : resource().lines().toList()) {
      String[] fields = line.split(" ", -1);
      names.put(fields[0], fields[1]);
    }
    return new PublishedVocabularies(names);
  }

  private static String resource() {
    try (InputStream in = PublishedVocabularies.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What a vocabulary is known by.
  ///
  /// @param ids that it gives the [text][#TEXT], with those around a document
  static String hash(int[] ids) {
    try {
      byte[] list = Arrays.toString(ids).getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(list));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The name of a vocabulary with a hash.
  Optional<String> name(String hash) {
    return Optional.ofNullable(names.get(hash));
  }

  /// All names.
  Set<String> names() {
    return new TreeSet<>(names.values());
  }

  /// Whether vocabularies have other names though their text is cut in the same way.
  boolean hasOthersLike(PreTokenizer one) {
    return names.values().stream()
        .anyMatch(name -> !name.equals(one.ggufName()) && cutsLike(name, one));
  }

  /// Whether a name means that text is cut in the same way.
  static boolean cutsLike(String name, PreTokenizer one) {
    return PreTokenizer.named(name).filter(other -> other.steps().equals(one.steps())).isPresent();
  }
}

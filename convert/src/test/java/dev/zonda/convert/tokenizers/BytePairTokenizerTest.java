package dev.zonda.convert.tokenizers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.words.ByteAlphabet;
import dev.zonda.convert.tokenizers.words.Composition;
import dev.zonda.convert.tokenizers.words.PreTokenizer;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.gguf.GgufFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BytePairTokenizerTest {
  private static final String SPACE = "\u0120";

  @Test
  void mergesInTheOrderOfTheTable() throws FormatException {
    Tokenizer tokenizer = Tokenizer.of(vocabulary("gpt-2", List.of("b c", "a b", "ab c", "a bc")));
    // "bc" is merged first, so that "ab" is never made of "abc".
    assertEquals(List.of("abc"), pieces(tokenizer, "abc"));
    assertEquals(List.of("ab", "ab"), pieces(tokenizer, "abab"));
    assertEquals(List.of("a", "abc"), pieces(tokenizer, "aabc"));
    assertEquals(List.of("abc", SPACE, "abc"), pieces(tokenizer, "abc abc"));
  }

  @Test
  void takesTheLeftmostOfEqualPairs() throws FormatException {
    Tokenizer tokenizer = Tokenizer.of(vocabulary("gpt-2", List.of("a a")));
    assertEquals(List.of("aa", "aa", "a"), pieces(tokenizer, "aaaaa"));
  }

  @Test
  void takesWordsWholeIfTheNameSaysSo() throws FormatException {
    // "abc" is a token, but no merges lead to it.
    List<String> merges = List.of("a b");
    Metadata plain = vocabulary("smaug-bpe", merges, "abc");
    assertEquals(List.of("ab", "c"), pieces(Tokenizer.of(plain), "abc"));
    Metadata whole = vocabulary("llama-bpe", merges, "abc");
    assertEquals(List.of("abc"), pieces(Tokenizer.of(whole), "abc"));
    Metadata said = plain.toBuilder().putBool(TokenizerKeys.IGNORE_MERGES, true).build();
    assertEquals(List.of("abc"), pieces(Tokenizer.of(said), "abc"));
  }

  @Test
  void findsTheLongestOfAddedTokens() throws FormatException {
    Metadata metadata = vocabulary("gpt-2", List.of(), "<a>", "<a>b", "<c");
    int size = metadata.array(TokenizerKeys.TOKENS).orElseThrow().size();
    int[] types = new int[size];
    Arrays.fill(types, 1);
    Arrays.fill(types, size - 3, size, 3);
    Tokenizer tokenizer =
        Tokenizer.of(
            metadata.toBuilder()
                .put(TokenizerKeys.TOKEN_TYPE, MetadataValue.Array.ofInts(types))
                .build());
    assertArrayEquals(
        new int[] {size - 2, size - 3, size - 1},
        tokenizer.encode("<a>b<a><c", Tokenizer.ControlNames.TOKENS));
    assertEquals(9, tokenizer.encode("<a>b<a><c").length);
    assertEquals("", tokenizer.decode(new int[] {size - 1}));
    assertEquals("<c", tokenizer.decode(new int[] {size - 1}, Tokenizer.ControlNames.TOKENS));
    assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(new int[] {size}));
    assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(new int[] {-1}));
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    FormatException problem =
        assertThrows(FormatException.class, () -> Tokenizer.of(vocabulary("new-one", List.of())));
    assertTrue(problem.getMessage().contains("'new-one', expected one of"), problem.getMessage());
    Metadata noMerges =
        vocabulary("gpt-2", List.of()).toBuilder().remove(TokenizerKeys.MERGES).build();
    assertThrows(FormatException.class, () -> Tokenizer.of(noMerges));
    for (String merge : List.of("", "a", "a ", "ab")) {
      assertThrows(
          FormatException.class, () -> Tokenizer.of(vocabulary("gpt-2", List.of(merge))), merge);
    }
    Metadata wrongIds =
        vocabulary("gpt-2", List.of()).toBuilder()
            .put(TokenizerKeys.RIGHT_STRIPPED, MetadataValue.Array.ofInts(99999))
            .build();
    assertThrows(FormatException.class, () -> Tokenizer.of(wrongIds));
  }

  static Stream<String> preTokenizers() {
    return VocabularySource.preTokenizers().stream();
  }

  /// No text takes a long time or a deep stack, and nothing of it is lost.
  @ParameterizedTest
  @MethodSource("preTokenizers")
  void hostileTextsAreQuick(String name) throws FormatException {
    Tokenizer tokenizer =
        Tokenizer.of(vocabulary(name, List.of("a a", "aa aa", SPACE + " " + SPACE)));
    int length = 20_000;
    List<String> texts = new ArrayList<>();
    for (String unit :
        List.of(
            "a",
            " ",
            "\n",
            "1",
            "'",
            "\u4e00",
            "\u0301",
            "A",
            " \u00a0",
            "a\u0301",
            "\ud83d\ude00",
            "(",
            "\u0300\u0316")) {
      texts.add(unit.repeat(length) + "5");
      texts.add("x" + unit.repeat(length) + "x");
      texts.add((unit + " ").repeat(length));
    }
    assertTimeoutPreemptively(
        Duration.ofMinutes(2),
        () -> {
          for (String text : texts) {
            int[] ids = tokenizer.encode(text);
            String composed = Composition.of(text);
            String decoded = tokenizer.decode(ids);
            assertTrue(decoded.equals(text) || decoded.equals(composed));
          }
        });
  }

  @ParameterizedTest
  @MethodSource("preTokenizers")
  void randomTextsComeBack(String name) throws FormatException {
    Tokenizer tokenizer = Tokenizer.of(vocabulary(name, List.of("a b", SPACE + " a")));
    Random random = new Random(7);
    for (int round = 0; round < 50; round++) {
      String text =
          random
              .ints(60, 0, 0x30000)
              .map(point -> point < 0x20000 ? point % 0x180 : point - 0x20000 + 0x180)
              .filter(point -> Character.isDefined(point) && (point < 0xd800 || point > 0xdfff))
              .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
              .toString();
      String composed = Composition.of(text);
      String decoded = tokenizer.decode(tokenizer.encode(text));
      assertTrue(decoded.equals(text) || decoded.equals(composed), text);
    }
  }

  /// Vocabularies of real models, which are not ours to copy: files NAME.gguf, with texts in
  /// NAME.gguf.inp and ids in NAME.gguf.out, as llama.cpp has them in its folder `models`.
  @ParameterizedTest
  @ValueSource(
      strings = {"deepseek-llm", "falcon", "gpt-2", "llama-bpe", "llama-spm", "mpt", "qwen2"})
  @EnabledIfSystemProperty(named = "zonda.vocabularies", matches = ".+")
  void encodesAsLlamaCppExpects(String name) throws IOException {
    Path file = Path.of(System.getProperty("zonda.vocabularies"), "ggml-vocab-" + name + ".gguf");
    String[] texts = Files.readString(Path.of(file + ".inp")).split("\n__ggml_vocab_test__\n", -1);
    List<String> ids = Files.readAllLines(Path.of(file + ".out"));
    try (GgufFile gguf = GgufFile.open(file)) {
      Tokenizer tokenizer = Tokenizer.of(gguf.metadata());
      for (int i = 0; i < ids.size(); i++) {
        String text = i < texts.length ? texts[i] : "";
        int[] expected =
            Arrays.stream(ids.get(i).split(" ", -1))
                .filter(id -> !id.isEmpty())
                .mapToInt(Integer::parseInt)
                .toArray();
        assertArrayEquals(expected, tokenizer.encode(text), text);
      }
    }
  }

  /// All bytes, the unions of the merges, and more tokens. Where characters are merged, bytes have
  /// names, and the parts of the merges are tokens, too.
  private static Metadata vocabulary(String pre, List<String> merges, String... more) {
    boolean arePieces =
        PreTokenizer.named(pre).filter(one -> one.has(PreTokenizer.Trait.PIECES)).isPresent();
    return arePieces
        ? metadata(pre, pieces(), merges.stream().map(m -> m.replace(SPACE, "\u2581")).toList())
        : metadata(pre, bytes(), merges, more);
  }

  private static List<String> bytes() {
    return IntStream.range(0, 256)
        .mapToObj(value -> ByteAlphabet.encode(new byte[] {(byte) value}))
        .toList();
  }

  private static List<String> pieces() {
    Stream<String> bytes = IntStream.range(0, 256).mapToObj("<0x%02X>"::formatted);
    return Stream.concat(bytes, Stream.of("a", "b", "\u2581")).toList();
  }

  private static Metadata metadata(
      String pre, List<String> base, List<String> merges, String... more) {
    List<String> tokens = new ArrayList<>(base);
    merges.forEach(merge -> tokens.add(merge.replaceFirst(" ", "")));
    tokens.addAll(List.of(more));
    return Metadata.builder()
        .putText(TokenizerKeys.MODEL, "gpt2")
        .putText(TokenizerKeys.PRE, pre)
        .put(TokenizerKeys.TOKENS, MetadataValue.Array.ofStrings(tokens))
        .put(TokenizerKeys.MERGES, MetadataValue.Array.ofStrings(merges))
        .build();
  }

  private static List<String> pieces(Tokenizer tokenizer, String text) {
    return Arrays.stream(tokenizer.encode(text))
        .mapToObj(id -> ByteAlphabet.encode(tokenizer.bytes(id)))
        .toList();
  }
}

package dev.zonda.convert.tokenizers.words;

import java.util.regex.Pattern;

/// The regular expressions by which byte-level vocabularies cut text into words, as the
/// `tokenizer.json` files of their models have them, and how Java applies them: with Unicode's
/// classes, and so that no text makes them backtrack more than a word's length.
public final class WordPatterns {
  private static final String CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

  public static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  static final String LLAMA3 = contractedWords("\\p{N}{1,3}");

  public static final String QWEN2 = contractedWords("\\p{N}");

  static final String QWEN35 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  static final String SEED_CODER =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}"
          + "| ?[^\\s\\p{L}\\p{N}\\r\\n]+|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /// A word may go on behind a space.
  static final String EXAONE_MOE =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";

  static final String BAILINGMOE =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";

  public static final String TEKKEN = casedWords("", "\\p{N}");

  static final String YOUTU_WORDS = casedWords(CONTRACTION + "?", "\\p{N}");

  /// Korean, wide punctuation, Bopomofo, Chinese characters and Japanese.
  static final String YOUTU_SCRIPTS =
      "[\uac00-\ud7a3\u3131-\u318e]+"
          + "|[\uff01\u2026\u201c\u201d\u2018\u2019\u2014\uff1a\uff1b\uff0c\u3001-\u303f\ufe30-\ufe4f]+"
          + "|[\u3105-\u312f]+|[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+";

  static final String GPT4O = casedWords("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "\\p{N}{1,3}");

  /// Runs of spaces are cut into powers of two.
  static final String JAIS2 =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s{512}(?!\\S)|\\s{256}(?!\\S)"
          + "|\\s{128}(?!\\S)|\\s{64}(?!\\S)|\\s{32}(?!\\S)|\\s{16}(?!\\S)|\\s{8}(?!\\S)"
          + "|\\s{4}(?!\\S)|\\s{1,2}(?!\\S)|\\s{1}";

  /// GPT-4o's, but for Chinese characters, which are words by themselves.
  static final String KIMI_K2 =
      "[\\p{Han}]+|"
          + casedWords(CONTRACTION + "?", "\\p{N}{1,3}")
              .replace("\\p{M}]", "\\p{M}&&[^\\p{Han}]]")
              .replace("[\\r\\n/]*", "[\\r\\n]*");

  static final String BLOOM = " ?[^(\\s|[.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c])]+";

  static final String DEEPSEEK_CJK = "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+";

  static final String DEEPSEEK_WORDS =
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
          + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*"
          + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /// Digits in groups of three, from the last.
  static final String PLACES = "\\d{1,3}(?=(?:\\d{3})*\\b)";

  /// Scripts that write words without spaces.
  static final String UNSPACED =
      "[\u4e00-\u9fff\u3400-\u4dbf\u8c48-\ufaff\u3040-\u309f\u30a0-\u30ff\uff65-\uff9f"
          + "\u2f00-\u2fdf\u0e40-\u0e7f\u0e80-\u0eff\u1780-\u17ff\u1000-\u109f\uaa60-\uaa7f"
          + "\ua9e0-\ua9ff\uac00-\ud7af\u1100-\u11ff]+";

  /// Lines, and what is between them.
  static final String LINES = "[^\\n]+|[\\n]+";

  static final String LINE_BREAK = "[\\r\\n]";

  static final String TRAILING_SPACE = "\\s+$";

  static final String CJK = "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+";

  static final String WIDE_PUNCTUATION =
      "\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+";

  static final String THREE_DIGITS = "[0-9][0-9][0-9]";

  /// Scripts that have upper and lower case.
  static final String CASED_LETTERS =
      "\\s?[A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-"
          + "\u0293\u0295-\u02af\u0370-\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-"
          + "\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-\u0481\u048a-\u052f\u0531-\u0556"
          + "\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf\u1d00-\u1d2b"
          + "\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d"
          + "\u1f50-\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe"
          + "\u1fc2-\u1fc4\u1fc6-\u1fcc\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4"
          + "\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128"
          + "\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e\u2183\u2184"
          + "\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b"
          + "\ua722-\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17"
          + "\uff21-\uff3a\uff41-\uff5a\ud801\udc00-\ud801\udc4f\ud801\udcb0-\ud801\udcd3"
          + "\ud801\udcd8-\ud801\udcfb\ud803\udc80-\ud803\udcb2\ud803\udcc0-\ud803\udcf2"
          + "\ud806\udca0-\ud806\udcdf\ud83a\udd00-\ud83a\udd43]+";

  private WordPatterns() {}

  private static String contractedWords(String number) {
    return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
        + number
        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  }

  private static String casedWords(String contraction, String number) {
    String upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    String lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
    String before = "[^\\r\\n\\p{L}\\p{N}]?";
    return String.join(
        "|",
        before + upper + "*" + lower + "+" + contraction,
        before + upper + "+" + lower + "*" + contraction,
        number,
        " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*",
        "\\s*[\\r\\n]+",
        "\\s+(?!\\S)",
        "\\s+");
  }

  /// An expression of tokenizer.json in one spelling of those that mean the same.
  public static String canonical(String regex) {
    return regex
        .replace("\r", "\\r")
        .replace("\n", "\\n")
        .replace("\t", "\\t")
        .replace("(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])", CONTRACTION)
        .replace("'(?i:[sdmt]|ll|ve|re)", CONTRACTION)
        // What follows can never match what is held back, so that these quantifiers are plain.
        .replace("]?+", "]?")
        .replace("]++", "]+")
        .replace("}++", "}+");
  }

  /// The expression in Java's syntax.
  public static Pattern compile(String regex) {
    if (regex.equals(KIMI_K2)) {
      // The script's name in Java.
      return Pattern.compile(
          regex.replace("\\p{Han}", "\\p{IsHan}"), Pattern.UNICODE_CHARACTER_CLASS);
    }
    String java =
        switch (regex) {
          // In the class that is nested, alternatives and brackets are ordinary characters.
          case BLOOM -> " ?[^()\\s|.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c]+";
          // llama.cpp takes all numbers for digits, whatever follows them.
          case PLACES -> "\\p{N}{1,3}(?=(?:\\p{N}{3})*+(?!\\p{N}))";
          // The same without a loop around a loop, in which a long word would fill the stack.
          case EXAONE_MOE ->
              regex.replace(
                  "(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+",
                  "\\p{L}[\\p{L}\\p{M}]*+(?: \\p{L}[\\p{L}\\p{M}]*+)*+");
          // Without the look-behind, every space of a long run would try the rest of it again.
          case TRAILING_SPACE -> "(?<!\\s)\\s+\\z";
          default -> regex;
        };
    return Pattern.compile(java, Pattern.UNICODE_CHARACTER_CLASS);
  }
}

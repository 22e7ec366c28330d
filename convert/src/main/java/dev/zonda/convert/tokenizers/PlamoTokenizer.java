package dev.zonda.convert.tokenizers;

import dev.zonda.convert.tokenizers.files.TokenType;
import dev.zonda.convert.tokenizers.files.TokenizerKeys;
import dev.zonda.convert.tokenizers.words.IntList;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.Metadata;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// The tokenizer of PLaMo 2 and 3, from a GGUF vocabulary of the model `plamo2`: of all ways to cut
/// a text into tokens it takes the one whose scores have the greatest sum; a character that is in
/// no token becomes bytes, at a great cost. Gives the ids that llama.cpp gives.
final class PlamoTokenizer implements Tokenizer {
  static final String MODEL = "plamo2";

  /// What the files imply that do not name roles.
  private static final ImpliedRoles IMPLIED = new ImpliedRoles(1, 2, false);

  /// Scores are compared as integers.
  private static final double SCALE = 1e4;

  private static final int UNKNOWN_SCORE = -10_000_000;
  private static final int LEAST_SCORE = -20_000_000;
  private static final long UNREACHED = 1L << 60;
  private static final int BYTE_ORDER_MARK = 0xFEFF;

  private final TokenTable tokens;
  private final AddedTokenFinder userDefined;
  private final AddedTokenFinder named;
  private final Map<String, Integer> byText = new HashMap<>();
  private final int[] scores;
  private final int[] byteTokens = new int[256];
  private final int longest;
  private final Surroundings surroundings;
  private final OptionalInt eos;

  static PlamoTokenizer of(Metadata metadata) throws FormatException {
    return new PlamoTokenizer(metadata, TokenTable.of(metadata));
  }

  private PlamoTokenizer(Metadata metadata, TokenTable tokens) throws FormatException {
    this.tokens = tokens;
    this.userDefined =
        tokens.finder(id -> tokens.isLookedFor(id, ControlNames.TEXT), piece -> piece);
    this.named = tokens.finder(id -> tokens.isLookedFor(id, ControlNames.TOKENS), piece -> piece);
    float[] all = SentencePieceTokenizer.scores(metadata, tokens.size());
    this.scores = new int[all.length];
    int most = 0;
    for (int id = 0; id < tokens.size(); id++) {
      String piece = tokens.piece(id);
      if (tokens.type(id) == TokenType.BYTE) {
        Optional<Byte> value = SentencePieceTokenizer.byteOf(piece);
        if (value.isPresent()) {
          byteTokens[value.get() & 0xFF] = id;
        }
      } else {
        scores[id] = rounded(all[id]);
        byText.put(piece, id);
        most = Math.max(most, piece.length());
      }
    }
    this.longest = most;
    this.surroundings = Surroundings.of(metadata, tokens, IMPLIED);
    this.eos = tokens.role(TokenizerKeys.EOS_ID, IMPLIED.eos());
  }

  /// Halves are rounded away from zero.
  private static int rounded(float score) {
    if (!Float.isFinite(score)) {
      return LEAST_SCORE;
    }
    double scaled = Math.copySign(Math.floor(Math.abs(score * SCALE) + 0.5), score);
    return (int) Math.clamp(scaled, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  @Override
  public int[] encode(String text, ControlNames names) {
    IntList ids = new IntList();
    (names == ControlNames.TEXT ? userDefined : named)
        .split(
            text,
            new AddedTokenFinder.Parts() {
              @Override
              public void text(String part, int from) {
                cut(part, ids);
              }

              @Override
              public void token(int id) {
                ids.add(id);
              }
            });
    return ids.toArray();
  }

  /// Appends the tokens of a text without names of tokens.
  private void cut(String text, IntList ids) {
    int start = !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? 1 : 0;
    int length = text.length();
    long[] costs = new long[length + 1];
    int[] ends = new int[length + 1];
    int[] best = new int[length + 1];
    for (int at = length - 1; at >= start; at--) {
      costs[at] = UNREACHED;
      if (Character.isLowSurrogate(text.charAt(at))
          && at > start
          && Character.isHighSurrogate(text.charAt(at - 1))) {
        continue;
      }
      for (int end = Math.min(length, at + longest); end > at; end--) {
        Integer id = byText.get(text.substring(at, end));
        if (id != null && scores[id] > LEAST_SCORE && costs[end] - scores[id] < costs[at]) {
          costs[at] = costs[end] - scores[id];
          ends[at] = end;
          best[at] = id;
        }
      }
      int next = at + Character.charCount(text.codePointAt(at));
      if (costs[next] - UNKNOWN_SCORE < costs[at]) {
        costs[at] = costs[next] - UNKNOWN_SCORE;
        ends[at] = next;
        best[at] = -1;
      }
    }
    for (int at = start; at < length; at = ends[at]) {
      if (best[at] >= 0) {
        ids.add(best[at]);
      } else {
        for (byte value : TokenTable.utf8(text.substring(at, ends[at]))) {
          ids.add(byteTokens[value & 0xFF]);
        }
      }
    }
  }

  @Override
  public int[] encodeDocument(String text, ControlNames names) {
    return surroundings.around(encode(text, names));
  }

  @Override
  public String decode(int[] ids, ControlNames names) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int id : ids) {
      if (names == ControlNames.TOKENS || tokens.isText(id)) {
        bytes.writeBytes(bytes(id));
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Override
  public byte[] bytes(int id) {
    String piece = tokens.piece(id);
    Optional<Byte> value =
        tokens.type(id) == TokenType.BYTE ? SentencePieceTokenizer.byteOf(piece) : Optional.empty();
    return value.map(one -> new byte[] {one}).orElseGet(() -> TokenTable.utf8(piece));
  }

  @Override
  public Optional<String> controlName(int id) {
    return tokens.isText(id) ? Optional.empty() : Optional.of(tokens.piece(id));
  }

  @Override
  public int size() {
    return tokens.size();
  }

  @Override
  public OptionalInt beginning() {
    return surroundings.beginning();
  }

  @Override
  public OptionalInt eos() {
    return eos;
  }
}

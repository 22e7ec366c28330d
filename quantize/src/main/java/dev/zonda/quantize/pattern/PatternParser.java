package dev.zonda.quantize.pattern;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// Reads an ECMAScript regular expression, as C++ understands it, byte by byte.
final class PatternParser {
  private static final int BYTES = 256;
  private static final int MOST_REPETITIONS = 1000;
  private static final BitSet DIGITS = setOf("0123456789");
  private static final BitSet SPACES = setOf(" \t\n\u000b\f\r");
  private static final BitSet WORD = wordBytes();
  private static final String SPECIAL = "^$\\.*+?()[{|";

  private final byte[] pattern;
  private int at;

  private PatternParser(byte[] pattern) {
    this.pattern = pattern;
  }

  /// @throws IllegalArgumentException if it is not such an expression, or uses what is not
  ///   supported
  static Node parse(byte[] pattern) {
    PatternParser parser = new PatternParser(pattern);
    Node node = parser.alternatives();
    if (parser.at < pattern.length) {
      throw parser.fault("')' closes nothing");
    }
    return node;
  }

  /// Whether a byte is a letter, a digit or `_`.
  static boolean isWord(int value) {
    return WORD.get(value);
  }

  /// The depth of this recursion is bounded by the length of the pattern.
  private Node alternatives() {
    List<Node> alternatives = new ArrayList<>();
    do {
      alternatives.add(sequence());
    } while (accept('|'));
    return new Node.Choice(alternatives);
  }

  private Node sequence() {
    List<Node> parts = new ArrayList<>();
    while (at < pattern.length && pattern[at] != '|' && pattern[at] != ')') {
      parts.add(term());
    }
    return new Node.Sequence(parts);
  }

  private Node term() {
    if (accept('^')) {
      return new Node.At(Program.Op.START);
    }
    if (accept('$')) {
      return new Node.At(Program.Op.END);
    }
    if (accept("\\b")) {
      return new Node.At(Program.Op.WORD_EDGE);
    }
    if (accept("\\B")) {
      return new Node.At(Program.Op.NO_WORD_EDGE);
    }
    if (accept("(?=")) {
      return new Node.Ahead(group(), Program.Op.AHEAD);
    }
    if (accept("(?!")) {
      return new Node.Ahead(group(), Program.Op.NOT_AHEAD);
    }
    return repeated(atom());
  }

  private Node atom() {
    if (accept("(?:") || accept('(')) {
      if (at < pattern.length && pattern[at] == '?') {
        throw fault("(? must be followed by :, = or !");
      }
      return group();
    }
    if (accept('.')) {
      return new Node.OneOf(inverse(setOf("\n\r")));
    }
    if (accept('[')) {
      return new Node.OneOf(set());
    }
    if (accept('\\')) {
      return new Node.OneOf(escape("fnrtv", "\f\n\r\t\u000b"));
    }
    if (SPECIAL.indexOf(pattern[at]) >= 0) {
      throw fault("nothing to repeat");
    }
    return new Node.OneOf(single(next()));
  }

  private Node group() {
    Node inner = alternatives();
    if (!accept(')')) {
      throw fault("')' is missing");
    }
    return inner;
  }

  private Node repeated(Node part) {
    Node node = part;
    int quantifiers = 0;
    while (true) {
      if (accept('*')) {
        node = new Node.Repeat(node, 0, Node.Repeat.UNLIMITED);
      } else if (accept('+')) {
        node = new Node.Repeat(node, 1, Node.Repeat.UNLIMITED);
      } else if (accept('?')) {
        node = new Node.Repeat(node, 0, 1);
      } else if (accept('{')) {
        node = counted(node);
      } else {
        return node;
      }
      // Whether few or many are tried first does not matter to whether there is a match.
      accept('?');
      quantifiers++;
      if (quantifiers > 4) {
        throw fault("too many repetitions in a row");
      }
    }
  }

  private Node counted(Node part) {
    int least = count();
    int most = least;
    if (accept(',')) {
      most = at < pattern.length && pattern[at] == '}' ? Node.Repeat.UNLIMITED : count();
    }
    if (!accept('}') || most < least) {
      throw fault("expected {n}, {n,} or {n,m} with n not above m");
    }
    return new Node.Repeat(part, least, most);
  }

  private int count() {
    int start = at;
    int value = 0;
    while (at < pattern.length && DIGITS.get(pattern[at] & 0xff) && value <= MOST_REPETITIONS) {
      value = 10 * value + pattern[at] - '0';
      at++;
    }
    if (at == start || value > MOST_REPETITIONS) {
      throw fault("expected a count up to " + MOST_REPETITIONS);
    }
    return value;
  }

  /// The set in brackets.
  private BitSet set() {
    boolean inverted = accept('^');
    BitSet set = new BitSet(BYTES);
    while (!accept(']')) {
      BitSet first = member();
      if (at + 1 < pattern.length && pattern[at] == '-' && pattern[at + 1] != ']') {
        at++;
        BitSet last = member();
        if (first.cardinality() != 1
            || last.cardinality() != 1
            || first.nextSetBit(0) > last.nextSetBit(0)) {
          throw fault("a range in brackets must be from one character to a later one");
        }
        first.set(first.nextSetBit(0), last.nextSetBit(0) + 1);
      }
      set.or(first);
    }
    return inverted ? inverse(set) : set;
  }

  private BitSet member() {
    if (at == pattern.length) {
      throw fault("']' is missing");
    }
    if (accept("[:") || accept("[.") || accept("[=")) {
      throw fault("named classes in brackets are not supported");
    }
    return accept('\\') ? escape("bfnrtv", "\b\f\n\r\t\u000b") : single(next());
  }

  /// @param letters which stand for other characters after a backslash
  /// @param meanings these characters, in the same order
  private BitSet escape(String letters, String meanings) {
    if (at == pattern.length) {
      throw fault("nothing follows the last \\");
    }
    int value = next();
    int letter = letters.indexOf(value);
    if (letter >= 0) {
      return single(meanings.charAt(letter));
    }
    return switch (value) {
      case 'd' -> (BitSet) DIGITS.clone();
      case 'D' -> inverse(DIGITS);
      case 's' -> (BitSet) SPACES.clone();
      case 'S' -> inverse(SPACES);
      case 'w' -> (BitSet) WORD.clone();
      case 'W' -> inverse(WORD);
      case 'c', 'u', 'x', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' ->
          throw fault("\\" + (char) value + " is not supported");
      default -> single(value);
    };
  }

  private int next() {
    return pattern[at++] & 0xff;
  }

  private boolean accept(char expected) {
    boolean found = at < pattern.length && pattern[at] == expected;
    if (found) {
      at++;
    }
    return found;
  }

  private boolean accept(String expected) {
    byte[] bytes = expected.getBytes(StandardCharsets.US_ASCII);
    if (pattern.length - at < bytes.length) {
      return false;
    }
    for (int i = 0; i < bytes.length; i++) {
      if (pattern[at + i] != bytes[i]) {
        return false;
      }
    }
    at += bytes.length;
    return true;
  }

  private IllegalArgumentException fault(String problem) {
    return new IllegalArgumentException(problem + ", at character " + (at + 1));
  }

  private static BitSet single(int value) {
    BitSet set = new BitSet(BYTES);
    set.set(value);
    return set;
  }

  private static BitSet setOf(String characters) {
    BitSet set = new BitSet(BYTES);
    characters.chars().forEach(set::set);
    return set;
  }

  private static BitSet inverse(BitSet set) {
    BitSet inverse = (BitSet) set.clone();
    inverse.flip(0, BYTES);
    return inverse;
  }

  private static BitSet wordBytes() {
    BitSet set = setOf("0123456789_");
    set.set('a', 'z' + 1);
    set.set('A', 'Z' + 1);
    return set;
  }
}

package dev.zonda.quantize.pattern;

import java.util.BitSet;
import java.util.List;

/// A part of a pattern.
sealed interface Node {
  /// One of a set of bytes.
  record OneOf(BitSet bytes) implements Node {}

  record Sequence(List<Node> parts) implements Node {}

  record Choice(List<Node> alternatives) implements Node {}

  /// @param most how often at most; [#UNLIMITED] for any number
  record Repeat(Node part, int least, int most) implements Node {
    static final int UNLIMITED = Integer.MAX_VALUE;
  }

  /// Matches no bytes, but only in some places.
  record At(Program.Op place) implements Node {}

  /// Matches no bytes, where a part follows or does not follow.
  record Ahead(Node part, Program.Op kind) implements Node {}
}

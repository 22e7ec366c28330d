package dev.zonda.quantize.pattern;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/// A pattern as steps of a machine that follows all ways through it at once.
///
/// @param steps the first is where the machine starts
record Program(List<Step> steps) {
  private static final int MOST_STEPS = 4000;

  enum Op {
    ONE_OF,
    /// The search goes on at two steps.
    FORK,
    START,
    END,
    WORD_EDGE,
    NO_WORD_EDGE,
    AHEAD,
    NOT_AHEAD,
    FOUND
  }

  /// @param bytes that are accepted, for [Op#ONE_OF]
  /// @param next the step after this one
  /// @param other the second way of a fork, the first step of what must or must not lie ahead
  record Step(Op op, BitSet bytes, int next, int other) {}

  Program {
    steps = List.copyOf(steps);
  }

  /// @throws IllegalArgumentException if there would be too many steps
  static Program of(Node pattern) {
    Compiler compiler = new Compiler();
    int found = compiler.add(Op.FOUND, -1, -1);
    int start = compiler.compile(pattern, found);
    // The start is the step that no other needs to know, so that any place will do.
    compiler.steps.add(new Step(Op.FORK, new BitSet(), start, start));
    return new Program(compiler.steps);
  }

  int start() {
    return steps.size() - 1;
  }

  /// Builds programs from their ends, so that each step knows the one after it.
  private static final class Compiler {
    private final List<Step> steps = new ArrayList<>();
    private int compiled;

    int add(Op op, int next, int other) {
      steps.add(new Step(op, new BitSet(), next, other));
      return steps.size() - 1;
    }

    /// The first step of a node that goes on with a given step. The depth of the recursion is
    /// bounded by the length of the pattern.
    int compile(Node node, int next) {
      compiled++;
      if (steps.size() > MOST_STEPS || compiled > MOST_STEPS) {
        throw new IllegalArgumentException("the pattern repeats too much");
      }
      return switch (node) {
        case Node.OneOf one -> {
          steps.add(new Step(Op.ONE_OF, one.bytes(), next, -1));
          yield steps.size() - 1;
        }
        case Node.Sequence sequence -> {
          int first = next;
          for (Node part : sequence.parts().reversed()) {
            first = compile(part, first);
          }
          yield first;
        }
        case Node.Choice choice -> {
          int first = compile(choice.alternatives().getLast(), next);
          for (int i = choice.alternatives().size() - 2; i >= 0; i--) {
            first = add(Op.FORK, compile(choice.alternatives().get(i), next), first);
          }
          yield first;
        }
        case Node.Repeat repeat -> compileRepeat(repeat, next);
        case Node.At at -> add(at.place(), next, -1);
        case Node.Ahead ahead ->
            add(ahead.kind(), next, compile(ahead.part(), add(Op.FOUND, -1, -1)));
      };
    }

    private int compileRepeat(Node.Repeat repeat, int next) {
      int first = next;
      if (repeat.most() == Node.Repeat.UNLIMITED) {
        int loop = add(Op.FORK, next, next);
        int body = compile(repeat.part(), loop);
        steps.set(loop, new Step(Op.FORK, new BitSet(), body, next));
        first = loop;
      } else {
        for (int i = repeat.least(); i < repeat.most(); i++) {
          first = add(Op.FORK, compile(repeat.part(), first), next);
        }
      }
      for (int i = 0; i < repeat.least(); i++) {
        first = compile(repeat.part(), first);
      }
      return first;
    }
  }
}

package dev.zonda.quantize.pattern;

import dev.zonda.quantize.pattern.Program.Step;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// One search for a pattern in a name.
final class Search {
  private final Program program;
  private final byte[] name;
  private final SearchEffort effort;
  private final Map<Ahead, Boolean> known = new HashMap<>();

  /// What lies ahead of a position is searched only once.
  private record Ahead(int start, int position) {}

  Search(Program program, byte[] name, SearchEffort effort) {
    this.program = program;
    this.name = name;
    this.effort = effort;
  }

  boolean isFound() {
    for (int position = 0; position <= name.length; position++) {
      if (matchesFrom(program.start(), position)) {
        return true;
      }
    }
    return false;
  }

  /// Whether the part of the program at a step matches bytes that begin at a position.
  private boolean matchesFrom(int start, int from) {
    Ways ways = new Ways();
    if (ways.reach(start, from)) {
      return true;
    }
    for (int position = from; position < name.length && !ways.isEmpty(); position++) {
      int value = name[position] & 0xff;
      Ways after = new Ways();
      for (int i = 0; i < ways.count; i++) {
        Step step = program.steps().get(ways.waiting[i]);
        if (step.bytes().get(value) && after.reach(step.next(), position + 1)) {
          return true;
        }
      }
      ways = after;
    }
    return false;
  }

  /// The steps that wait for the byte at one position.
  private final class Ways {
    private final boolean[] reached = new boolean[program.steps().size()];
    private int[] waiting = new int[16];
    private int count;
    private int[] pending = new int[16];
    private int pendingCount;

    Ways() {
      // Clearing the marks is part of the cost.
      effort.spend(1 + reached.length / 16);
    }

    boolean isEmpty() {
      return count == 0;
    }

    /// Follows all ways from a step to those that need a byte.
    ///
    /// @return whether one leads to the end of the pattern
    boolean reach(int first, int position) {
      push(first);
      while (pendingCount > 0) {
        pendingCount--;
        int index = pending[pendingCount];
        effort.spend(1);
        Step step = program.steps().get(index);
        switch (step.op()) {
          case FOUND -> {
            return true;
          }
          case ONE_OF -> wait(index);
          case FORK -> {
            push(step.other());
            push(step.next());
          }
          default -> {
            if (holds(step, position)) {
              push(step.next());
            }
          }
        }
      }
      return false;
    }

    private void push(int step) {
      if (!reached[step]) {
        reached[step] = true;
        if (pendingCount == pending.length) {
          pending = Arrays.copyOf(pending, 2 * pendingCount);
        }
        pending[pendingCount] = step;
        pendingCount++;
      }
    }

    private void wait(int step) {
      if (count == waiting.length) {
        waiting = Arrays.copyOf(waiting, 2 * count);
      }
      waiting[count] = step;
      count++;
    }
  }

  private boolean holds(Step step, int position) {
    return switch (step.op()) {
      case START -> position == 0;
      case END -> position == name.length;
      case WORD_EDGE -> isWordEdge(position);
      case NO_WORD_EDGE -> !isWordEdge(position);
      case AHEAD -> liesAhead(step, position);
      case NOT_AHEAD -> !liesAhead(step, position);
      default -> throw new IllegalStateException(step.op() + " is not a condition");
    };
  }

  private boolean isWordEdge(int position) {
    boolean before = position > 0 && PatternParser.isWord(name[position - 1] & 0xff);
    boolean after = position < name.length && PatternParser.isWord(name[position] & 0xff);
    return before != after;
  }

  /// Nested as deep as the pattern is.
  private boolean liesAhead(Step step, int position) {
    Ahead ahead = new Ahead(step.other(), position);
    Boolean before = known.get(ahead);
    if (before == null) {
      before = matchesFrom(step.other(), position);
      known.put(ahead, before);
    }
    return before;
  }
}

package dev.zonda.formats.torch;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.ByteCursor;
import dev.zonda.formats.io.InputFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Reads one pickle, as far as it describes tensors.
///
/// A pickle is a program for a stack machine (Python's `pickletools` documents its opcodes), and
/// Python's own machine can be told to call anything. This one knows the opcodes that data needs,
/// the names of [TorchName] and nothing else; the rest is refused by name. Nothing is executed.
///
/// Memory is bounded by the number of values and of remembered ones, which are limited.
final class PickleMachine {
  static final long MOST_BYTES = 16L << 20;
  static final int MOST_VALUES = 500_000;

  private static final int MOST_NAME = 200;
  private static final int LAST_PROTOCOL = 5;
  private static final int START_BYTES = 4;
  private static final PickleValue NOTHING = new PickleValue.Nothing();

  private final ByteCursor in;
  private final Map<Long, PickleValue> memo = new HashMap<>();

  /// The stacks outside the innermost mark, whose own is [#stack].
  private final Deque<List<PickleValue>> outer = new ArrayDeque<>();

  private List<PickleValue> stack = new ArrayList<>();
  private int values;

  private PickleMachine(ByteCursor in) {
    this.in = in;
  }

  /// Whether a file begins as pickles do: with a protocol from 2 on and an opcode, or in the text
  /// of older protocols with a name or a mark. The length of a safetensors header has zeros there.
  static boolean begins(InputFile file) throws IOException {
    if (file.size() < START_BYTES) {
      return false;
    }
    byte[] start = file.copy(0, START_BYTES);
    return switch (Opcode.of(Byte.toUnsignedInt(start[0]))) {
      case PROTO -> start[1] >= 2 && start[1] <= LAST_PROTOCOL && start[2] != 0;
      case GLOBAL, MARK -> isText(start);
      default -> false;
    };
  }

  private static boolean isText(byte[] bytes) {
    for (byte b : bytes) {
      if (b != '\n' && (b < ' ' || b > '~')) {
        return false;
      }
    }
    return true;
  }

  /// Reads the pickle at the cursor, and leaves the cursor after it.
  ///
  /// @throws FormatException if it is broken or asks for more than tensors
  static PickleValue read(ByteCursor in) throws FormatException {
    return new PickleMachine(in).run();
  }

  private PickleValue run() throws FormatException {
    long start = in.position();
    while (true) {
      long at = in.position();
      if (at - start > MOST_BYTES) {
        throw in.fault(at, "the pickle is longer than " + MOST_BYTES + " bytes");
      }
      Opcode opcode = Opcode.of(in.u8("opcode"));
      if (opcode == Opcode.STOP) {
        return pop(at);
      }
      try {
        step(opcode, at);
      } catch (Refusal e) {
        throw in.fault(at, "the pickle " + e.getMessage());
      }
    }
  }

  private void step(Opcode opcode, long at) throws FormatException, Refusal {
    switch (opcode) {
      case PROTO -> in.skip(1, "protocol");
      case FRAME -> in.skip(Long.BYTES, "frame");
      case NONE -> push(NOTHING);
      case NEWTRUE -> push(new PickleValue.Flag(true));
      case NEWFALSE -> push(new PickleValue.Flag(false));
      case BININT -> push(new PickleValue.Whole(in.i32("int")));
      case BININT1 -> push(new PickleValue.Whole(in.u8("int")));
      case BININT2 -> push(new PickleValue.Whole(in.u8("int") | in.u8("int") << 8));
      case LONG1 -> push(number(in.u8("length of an int")));
      case BINFLOAT -> {
        long bits = Long.reverseBytes(in.i64("float"));
        push(new PickleValue.Real(Double.longBitsToDouble(bits)));
      }
      case SHORT_BINSTRING, SHORT_BINUNICODE -> push(text(in.u8("length of a str")));
      case BINSTRING, BINUNICODE -> push(text(in.u32("length of a str")));
      case BINUNICODE8 -> push(text(in.i64("length of a str")));
      case EMPTY_TUPLE, EMPTY_LIST -> push(new PickleValue.Sequence(new ArrayList<>(0)));
      case EMPTY_DICT -> push(new PickleValue.Dict());
      case MARK -> mark();
      case TUPLE, LIST -> push(new PickleValue.Sequence(sinceMark(at)));
      case TUPLE1 -> push(new PickleValue.Sequence(take(1, at)));
      case TUPLE2 -> push(new PickleValue.Sequence(take(2, at)));
      case TUPLE3 -> push(new PickleValue.Sequence(take(3, at)));
      case APPEND -> append(take(1, at), at);
      case APPENDS -> append(sinceMark(at), at);
      case SETITEM -> put(take(2, at), at);
      case SETITEMS -> put(sinceMark(at), at);
      case BINPUT -> remember(in.u8("memo"), at);
      case LONG_BINPUT -> remember(in.u32("memo"), at);
      case MEMOIZE -> remember(memo.size(), at);
      case BINGET -> push(recall(in.u8("memo"), at));
      case LONG_BINGET -> push(recall(in.u32("memo"), at));
      case GLOBAL -> push(name(line() + "." + line()));
      case INST ->
          throw new Refusal("uses the opcode INST to call '%s.%s'".formatted(line(), line()));
      case STACK_GLOBAL -> stackGlobal(at);
      case BINPERSID -> push(TensorBuilder.persistent(pop(at)));
      case REDUCE -> reduce(at);
      case BUILD -> build(at);
      default -> throw new Refusal("uses the opcode " + opcode + ", which tensors do not need");
    }
  }

  private void push(PickleValue value) throws Refusal {
    if (++values > MOST_VALUES) {
      throw new Refusal("has more than " + MOST_VALUES + " values");
    }
    stack.add(value);
  }

  private PickleValue pop(long at) throws FormatException {
    if (stack.isEmpty()) {
      throw in.fault(at, "the pickle takes a value from an empty stack");
    }
    return stack.removeLast();
  }

  private List<PickleValue> take(int count, long at) throws FormatException {
    List<PickleValue> taken = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      taken.addFirst(pop(at));
    }
    return taken;
  }

  private void mark() throws Refusal {
    if (++values > MOST_VALUES) {
      throw new Refusal("has more than " + MOST_VALUES + " values");
    }
    outer.push(stack);
    stack = new ArrayList<>();
  }

  private List<PickleValue> sinceMark(long at) throws FormatException {
    if (outer.isEmpty()) {
      throw in.fault(at, "the pickle goes back to a mark that it has not set");
    }
    List<PickleValue> taken = stack;
    stack = outer.pop();
    return taken;
  }

  private void append(List<PickleValue> items, long at) throws FormatException, Refusal {
    PickleValue target = top(at);
    if (!(target instanceof PickleValue.Sequence sequence)) {
      throw new Refusal("appends to " + target.kind());
    }
    sequence.items().addAll(items);
  }

  private void put(List<PickleValue> items, long at) throws FormatException, Refusal {
    PickleValue target = top(at);
    if (!(target instanceof PickleValue.Dict dict) || items.size() % 2 != 0) {
      throw new Refusal("sets %d items of %s".formatted(items.size(), target.kind()));
    }
    for (int i = 0; i < items.size(); i += 2) {
      dict.put(items.get(i), items.get(i + 1));
    }
  }

  private PickleValue top(long at) throws FormatException {
    if (stack.isEmpty()) {
      throw in.fault(at, "the pickle looks at an empty stack");
    }
    return stack.getLast();
  }

  private void remember(long index, long at) throws FormatException, Refusal {
    memo.put(index, top(at));
    if (memo.size() > MOST_VALUES) {
      throw new Refusal("remembers more than " + MOST_VALUES + " values");
    }
  }

  private PickleValue recall(long index, long at) throws FormatException {
    PickleValue value = memo.get(index);
    if (value == null) {
      throw in.fault(at, "the pickle recalls the value " + index + ", which it has not stored");
    }
    return value;
  }

  private void stackGlobal(long at) throws FormatException, Refusal {
    List<PickleValue> parts = take(2, at);
    if (!(parts.get(0) instanceof PickleValue.Text(String module))
        || !(parts.get(1) instanceof PickleValue.Text(String name))) {
      throw new Refusal("has a name that is not a str");
    }
    push(name(module + "." + name));
  }

  private void reduce(long at) throws FormatException, Refusal {
    List<PickleValue> parts = take(2, at);
    if (!(parts.get(0) instanceof PickleValue.Name(TorchName name))) {
      throw new Refusal("calls " + parts.get(0).kind());
    }
    if (!(parts.get(1) instanceof PickleValue.Sequence arguments)) {
      throw new Refusal("calls " + name.python() + " with " + parts.get(1).kind());
    }
    push(TensorBuilder.call(name, arguments.items()));
  }

  /// Only dicts get a state: PyTorch attaches version numbers to the outermost one as an attribute.
  private void build(long at) throws FormatException, Refusal {
    PickleValue state = pop(at);
    PickleValue target = top(at);
    if (!(target instanceof PickleValue.Dict) || !(state instanceof PickleValue.Dict)) {
      throw new Refusal("sets the state of " + target.kind() + " to " + state.kind());
    }
  }

  private static PickleValue.Name name(String python) throws Refusal {
    return new PickleValue.Name(
        TorchName.of(python)
            .orElseThrow(() ->
                new Refusal(
                    ("names '%s', expected only what builds tensors; nothing of it was"
                            + " executed")
                        .formatted(python))));
  }

  /// A name up to the end of its line.
  private String line() throws FormatException, Refusal {
    StringBuilder line = new StringBuilder();
    for (int c = in.u8("name"); c != '\n'; c = in.u8("name")) {
      if (line.length() == MOST_NAME) {
        throw new Refusal("has a name of more than " + MOST_NAME + " characters");
      }
      line.append((char) c);
    }
    return line.toString();
  }

  private PickleValue.Text text(long length) throws FormatException, Refusal {
    if (length > MOST_BYTES) {
      throw new Refusal("has a str of " + length + " bytes");
    }
    return new PickleValue.Text(new String(in.bytes(length, "str"), StandardCharsets.UTF_8));
  }

  /// A little-endian number in two's complement. The longest that means something is the mark of
  /// the legacy form, ten bytes long: of it the lower 64 bits are kept.
  private PickleValue.Whole number(int length) throws FormatException, Refusal {
    if (length > 10) {
      throw new Refusal("has an int of " + length + " bytes");
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      long digit = in.u8("int");
      value |= i < Long.BYTES ? digit << (8 * i) : 0;
    }
    boolean isShort = length > 0 && length < Long.BYTES;
    int unused = isShort ? Long.SIZE - 8 * length : 0;
    return new PickleValue.Whole(value << unused >> unused);
  }
}

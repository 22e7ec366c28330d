package dev.zonda.formats.torch;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.util.List;
import java.util.stream.LongStream;

/// What the calls in a checkpoint's pickle mean: the arguments of torch's `_rebuild_…` functions
/// become tensors. Every argument is checked; whatever else is called is refused.
final class TensorBuilder {
  private static final int MOST_DIMENSIONS = 64;

  private TensorBuilder() {}

  /// What a call returns.
  ///
  /// @throws Refusal if these arguments build no tensor
  static PickleValue call(TorchName name, List<PickleValue> arguments) throws Refusal {
    return switch (name) {
      case ORDERED_DICT -> dict(arguments);
      case SIZE -> sequence(at(arguments, 0), "torch.Size");
      case REBUILD_PARAMETER -> tensor(at(arguments, 0));
      case REBUILD_TENSOR, REBUILD_TENSOR_V2 -> {
        PickleValue.Storage storage = storage(at(arguments, 0));
        yield view(storage, storage.type(), arguments);
      }
      case REBUILD_TENSOR_V3 -> view(storage(at(arguments, 0)), dtype(at(arguments, 6)), arguments);
      default ->
          throw new Refusal("calls " + name.python() + ", expected a torch._rebuild function");
    };
  }

  /// What a persistent id stands for: `('storage', type, key, device, elements)`, and in the legacy
  /// form a view of another storage, which newer versions of PyTorch do not write.
  static PickleValue.Storage persistent(PickleValue id) throws Refusal {
    List<PickleValue> parts = sequence(id, "a persistent id").items();
    if (!(at(parts, 0) instanceof PickleValue.Text(String tag)) || !tag.equals("storage")) {
      throw new Refusal("has a persistent id that is not a storage");
    }
    if (!(at(parts, 1) instanceof PickleValue.Name(TorchName name))
        || name.type().isEmpty()
        || !name.name().endsWith("STORAGE")) {
      throw new Refusal("has a storage of the type " + at(parts, 1).kind());
    }
    if (!(at(parts, 2) instanceof PickleValue.Text(String key))) {
      throw new Refusal("has a storage whose key is " + at(parts, 2).kind() + ", expected a str");
    }
    if (parts.size() > 5 && !(parts.get(5) instanceof PickleValue.Nothing)) {
      throw new Refusal("has a storage that is a view of another, which zonda does not read");
    }
    return new PickleValue.Storage(name.type().get(), key, number(at(parts, 4), "elements"));
  }

  private static PickleValue.Dict dict(List<PickleValue> arguments) throws Refusal {
    PickleValue.Dict dict = new PickleValue.Dict();
    if (!arguments.isEmpty()) {
      for (PickleValue pair : sequence(arguments.getFirst(), "items of a dict").items()) {
        List<PickleValue> entry = sequence(pair, "an item of a dict").items();
        dict.put(at(entry, 0), at(entry, 1));
      }
    }
    return dict;
  }

  private static PickleValue.Tensor view(
      PickleValue.Storage storage, TensorType type, List<PickleValue> arguments) throws Refusal {
    long offset = number(at(arguments, 1), "offset");
    long[] dimensions = numbers(at(arguments, 2), "shape");
    long[] strides = numbers(at(arguments, 3), "strides");
    if (strides.length != dimensions.length) {
      throw new Refusal(
          "has a tensor of %d dimensions and %d strides"
              .formatted(dimensions.length, strides.length));
    }
    try {
      long elements = Math.multiplyExact(storage.elements(), storage.type().blockBytes());
      Shape shape = Shape.of(dimensions);
      requireInside(elements / type.blockBytes(), offset, shape, strides);
      return new PickleValue.Tensor(
          storage, type, offset, shape, LongStream.of(strides).boxed().toList());
    } catch (ArithmeticException e) {
      throw new Refusal("has a tensor with more values than fit in 63 bits");
    }
  }

  /// This refuses repeated values, too: a small file could stand for any number of them.
  private static void requireInside(long elements, long offset, Shape shape, long[] strides)
      throws Refusal {
    long last = offset;
    for (int i = 0; i < strides.length && shape.elements() > 0; i++) {
      last = Math.addExact(last, Math.multiplyExact(shape.dimension(i) - 1, strides[i]));
    }
    boolean isInside = shape.elements() == 0 ? offset <= elements : last < elements;
    if (!isInside || shape.elements() > elements) {
      throw new Refusal(
          "has a tensor of shape %s at %d that does not lie within its storage of %d values"
              .formatted(shape, offset, elements));
    }
  }

  private static PickleValue.Storage storage(PickleValue value) throws Refusal {
    if (value instanceof PickleValue.Storage storage) {
      return storage;
    }
    throw new Refusal("has a tensor on " + value.kind() + ", expected a storage");
  }

  private static PickleValue.Tensor tensor(PickleValue value) throws Refusal {
    if (value instanceof PickleValue.Tensor tensor) {
      return tensor;
    }
    throw new Refusal("has a parameter that is " + value.kind() + ", expected a tensor");
  }

  private static TensorType dtype(PickleValue value) throws Refusal {
    if (value instanceof PickleValue.Name(TorchName name)
        && name.type().isPresent()
        && !name.name().endsWith("STORAGE")) {
      return name.type().get();
    }
    throw new Refusal("has a tensor whose dtype is " + value.kind());
  }

  private static PickleValue.Sequence sequence(PickleValue value, String what) throws Refusal {
    if (value instanceof PickleValue.Sequence sequence) {
      return sequence;
    }
    throw new Refusal("has " + value.kind() + " for " + what + ", expected a sequence");
  }

  private static long[] numbers(PickleValue value, String what) throws Refusal {
    List<PickleValue> items = sequence(value, what).items();
    if (items.size() > MOST_DIMENSIONS) {
      throw new Refusal("has a tensor of " + items.size() + " dimensions");
    }
    long[] numbers = new long[items.size()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = number(items.get(i), what);
    }
    return numbers;
  }

  private static long number(PickleValue value, String what) throws Refusal {
    if (value instanceof PickleValue.Whole(long number) && number >= 0) {
      return number;
    }
    throw new Refusal(
        "has %s for the %s of a tensor, expected an int of 0 or more"
            .formatted(
                value instanceof PickleValue.Whole(long number)
                    ? Long.toString(number)
                    : value.kind(),
                what));
  }

  private static PickleValue at(List<PickleValue> values, int index) throws Refusal {
    if (index >= values.size()) {
      throw new Refusal("has a call with " + values.size() + " arguments, too few");
    }
    return values.get(index);
  }
}

package dev.zonda.formats.torch;

import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorType;
import java.util.ArrayList;
import java.util.List;

/// What a pickle can build here. Nothing of it has behaviour.
sealed interface PickleValue {
  /// What to call it in a message.
  String kind();

  /// Python's `None`.
  record Nothing() implements PickleValue {
    @Override
    public String kind() {
      return "None";
    }
  }

  record Flag(boolean value) implements PickleValue {
    @Override
    public String kind() {
      return "a bool";
    }
  }

  record Whole(long value) implements PickleValue {
    @Override
    public String kind() {
      return "an int";
    }
  }

  record Real(double value) implements PickleValue {
    @Override
    public String kind() {
      return "a float";
    }
  }

  record Text(String value) implements PickleValue {
    @Override
    public String kind() {
      return "a str";
    }
  }

  /// A tuple or a list: tensors are built from either. Grows while the pickle is read.
  record Sequence(List<PickleValue> items) implements PickleValue {
    @Override
    public String kind() {
      return "a sequence";
    }
  }

  /// A dict, in order; keys are not yet checked.
  record Dict(List<PickleValue> keys, List<PickleValue> values) implements PickleValue {
    Dict() {
      this(new ArrayList<>(0), new ArrayList<>(0));
    }

    void put(PickleValue key, PickleValue value) {
      keys.add(key);
      values.add(value);
    }

    @Override
    public String kind() {
      return "a dict";
    }
  }

  /// A name that the machine knows.
  record Name(TorchName name) implements PickleValue {
    @Override
    public String kind() {
      return "the name " + name.python();
    }
  }

  /// A run of values outside the pickle.
  ///
  /// @param key its name in the file
  /// @param elements of the whole storage
  record Storage(TensorType type, String key, long elements) implements PickleValue {
    @Override
    public String kind() {
      return "a storage";
    }
  }

  /// A view of a storage.
  ///
  /// @param offset of its first value in the storage
  /// @param strides steps in values, one for each dimension
  record Tensor(Storage storage, TensorType type, long offset, Shape shape, List<Long> strides)
      implements PickleValue {
    @Override
    public String kind() {
      return "a tensor";
    }
  }
}

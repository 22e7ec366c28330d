package dev.zonda.formats.torch;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// The tensors of a file, whatever its form: a pickle's outermost dict, and where each storage
/// lies.
///
/// @param tensors in the order of the dict
record TorchContents(String form, List<StridedTensor> tensors) {
  /// Where storages lie in the file.
  interface Storages {
    /// The offset of a storage's first byte.
    ///
    /// @throws FormatException if the file has no such storage, or one of another size
    long offset(PickleValue.Storage storage) throws IOException;
  }

  static TorchContents of(Path file, String form, PickleValue outermost, Storages storages)
      throws IOException {
    if (!(outermost instanceof PickleValue.Dict dict)) {
      throw FormatException.in(
          file, "holds " + outermost.kind() + ", expected a dict from names to tensors");
    }
    List<StridedTensor> tensors = new ArrayList<>();
    Set<String> names = new TreeSet<>();
    for (int i = 0; i < dict.keys().size(); i++) {
      if (!(dict.keys().get(i) instanceof PickleValue.Text(String name))) {
        throw FormatException.in(
            file, "has " + dict.keys().get(i).kind() + " for the name of a tensor, expected a str");
      }
      if (!(dict.values().get(i) instanceof PickleValue.Tensor tensor)) {
        throw FormatException.in(
            file,
            "has %s under the name '%s', expected a tensor; from a training checkpoint, save only the state dict"
                .formatted(dict.values().get(i).kind(), name));
      }
      if (!names.add(name)) {
        throw FormatException.in(file, "has two tensors of the name '" + name + "'");
      }
      tensors.add(placed(file, name, tensor, storages.offset(tensor.storage())));
    }
    return new TorchContents(form, List.copyOf(tensors));
  }

  private static StridedTensor placed(
      Path file, String name, PickleValue.Tensor tensor, long storageOffset)
      throws FormatException {
    try {
      TensorSpec spec = new TensorSpec(name, tensor.type(), tensor.shape());
      long first = Math.multiplyExact(tensor.offset(), tensor.type().blockBytes());
      return new StridedTensor(
          new TensorInfo(spec, Math.addExact(storageOffset, first)), tensor.strides());
    } catch (ArithmeticException e) {
      throw FormatException.in(file, "tensor '" + name + "' has more bytes than fit in 63 bits");
    }
  }
}

package dev.zonda.formats.torch;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.ByteCursor;
import dev.zonda.formats.io.InputFile;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// The form before PyTorch 1.6: five pickles (a magic number, the protocol, the machine that wrote
/// it, the tensors, the keys of the storages), then every storage: the number of its values in 8
/// bytes, and the values.
final class LegacyForm {
  /// The pickle of 0x1950a86a20f9469cfc6c.
  private static final byte[] MAGIC = {
    (byte) 0x80,
    2,
    (byte) 0x8a,
    10,
    0x6c,
    (byte) 0xfc,
    (byte) 0x9c,
    0x46,
    (byte) 0xf9,
    0x20,
    0x6a,
    (byte) 0xa8,
    0x50,
    0x19,
    '.'
  };

  private static final long PROTOCOL = 1001;

  /// Bytes of all pickles; only those of tensors and of keys are long.
  private static final long MOST_BYTES = 2L * PickleMachine.MOST_BYTES;

  private LegacyForm() {}

  static boolean matches(InputFile file) throws IOException {
    return file.size() >= MAGIC.length && Arrays.equals(file.copy(0, MAGIC.length), MAGIC);
  }

  static TorchContents read(InputFile file) throws IOException {
    ByteCursor in = file.cursor(0, MOST_BYTES);
    in.skip(MAGIC.length, "mark");
    long at = in.position();
    if (!(PickleMachine.read(in) instanceof PickleValue.Whole(long protocol))
        || protocol != PROTOCOL) {
      throw in.fault(at, "the protocol is not " + PROTOCOL);
    }
    requireLittleEndian(in);
    PickleValue outermost = PickleMachine.read(in);
    Map<String, Long> offsets = offsets(file, in, storages(outermost));
    return TorchContents.of(
        file.path(),
        "PyTorch (legacy)",
        outermost,
        storage -> {
          Long offset = offsets.get(storage.key());
          if (offset == null) {
            throw FormatException.in(file.path(), "has no storage '" + storage.key() + "'");
          }
          return offset;
        });
  }

  private static void requireLittleEndian(ByteCursor in) throws FormatException {
    long at = in.position();
    if (PickleMachine.read(in) instanceof PickleValue.Dict machine) {
      int index = machine.keys().indexOf(new PickleValue.Text("little_endian"));
      if (index >= 0 && machine.values().get(index).equals(new PickleValue.Flag(true))) {
        return;
      }
    }
    throw in.fault(at, "does not say that it is little endian, which is all that zonda reads");
  }

  /// The storages that tensors view, by key.
  private static Map<String, PickleValue.Storage> storages(PickleValue outermost) {
    Map<String, PickleValue.Storage> storages = new HashMap<>();
    if (outermost instanceof PickleValue.Dict dict) {
      for (PickleValue value : dict.values()) {
        if (value instanceof PickleValue.Tensor tensor) {
          storages.put(tensor.storage().key(), tensor.storage());
        }
      }
    }
    return storages;
  }

  /// Finds the storages, whose order the last pickle gives.
  private static Map<String, Long> offsets(
      InputFile file, ByteCursor in, Map<String, PickleValue.Storage> storages) throws IOException {
    long at = in.position();
    if (!(PickleMachine.read(in) instanceof PickleValue.Sequence keys)) {
      throw in.fault(at, "the keys of the storages are not a list");
    }
    Map<String, Long> offsets = new HashMap<>();
    long next = in.position();
    for (PickleValue item : keys.items()) {
      if (!(item instanceof PickleValue.Text(String key)) || !storages.containsKey(key)) {
        throw in.fault(at, "a key of the storages belongs to no tensor");
      }
      PickleValue.Storage storage = storages.get(key);
      long elements = file.cursor(next, Long.BYTES).i64("size of storage '" + key + "'");
      if (elements != storage.elements()) {
        throw in.fault(
            next,
            "storage '%s' has %d values, but the pickle says %d"
                .formatted(key, elements, storage.elements()));
      }
      long offset = next + Long.BYTES;
      if (offsets.put(key, offset) != null) {
        throw in.fault(next, "storage '" + key + "' appears twice");
      }
      long bytes = storage.type().byteSize(elements);
      if (bytes > file.size() - offset) {
        throw in.fault(
            offset,
            "storage '%s' takes %d bytes, but only %d are left in the file"
                .formatted(key, bytes, file.size() - offset));
      }
      next = offset + bytes;
    }
    return offsets;
  }
}

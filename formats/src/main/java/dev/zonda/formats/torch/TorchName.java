package dev.zonda.formats.torch;

import dev.zonda.formats.TensorType;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The names that a checkpoint's pickle may mention: all that builds tensors. None of them is
/// looked up or called; each stands for something that [TensorBuilder] does itself.
enum TorchName {
  ORDERED_DICT("collections.OrderedDict"),
  REBUILD_TENSOR("torch._utils._rebuild_tensor"),
  REBUILD_TENSOR_V2("torch._utils._rebuild_tensor_v2"),
  REBUILD_TENSOR_V3("torch._utils._rebuild_tensor_v3"),
  REBUILD_PARAMETER("torch._utils._rebuild_parameter"),
  SIZE("torch.Size"),
  DOUBLE_STORAGE("torch.DoubleStorage", TensorType.F64),
  FLOAT_STORAGE("torch.FloatStorage", TensorType.F32),
  HALF_STORAGE("torch.HalfStorage", TensorType.F16),
  BFLOAT16_STORAGE("torch.BFloat16Storage", TensorType.BF16),
  LONG_STORAGE("torch.LongStorage", TensorType.I64),
  INT_STORAGE("torch.IntStorage", TensorType.I32),
  SHORT_STORAGE("torch.ShortStorage", TensorType.I16),
  CHAR_STORAGE("torch.CharStorage", TensorType.I8),
  BYTE_STORAGE("torch.ByteStorage", TensorType.U8),
  BOOL_STORAGE("torch.BoolStorage", TensorType.BOOL),
  UNTYPED_STORAGE("torch.storage.UntypedStorage", TensorType.U8),
  FLOAT64("torch.float64", TensorType.F64),
  FLOAT32("torch.float32", TensorType.F32),
  FLOAT16("torch.float16", TensorType.F16),
  BFLOAT16("torch.bfloat16", TensorType.BF16),
  FLOAT8_E4M3("torch.float8_e4m3fn", TensorType.F8_E4M3),
  FLOAT8_E4M3FNUZ("torch.float8_e4m3fnuz", TensorType.F8_E4M3FNUZ),
  FLOAT8_E5M2("torch.float8_e5m2", TensorType.F8_E5M2),
  FLOAT8_E8M0("torch.float8_e8m0fnu", TensorType.F8_E8M0),
  UINT16("torch.uint16", TensorType.U16),
  UINT32("torch.uint32", TensorType.U32),
  UINT64("torch.uint64", TensorType.U64);

  private static final Map<String, TorchName> BY_PYTHON =
      Arrays.stream(values()).collect(Collectors.toMap(TorchName::python, Function.identity()));

  private final String python;
  private final Optional<TensorType> type;

  TorchName(String python) {
    this.python = python;
    this.type = Optional.empty();
  }

  TorchName(String python, TensorType type) {
    this.python = python;
    this.type = Optional.of(type);
  }

  /// Module and name, as Python writes them.
  String python() {
    return python;
  }

  /// The type of the values, if the name is that of a storage or a dtype.
  Optional<TensorType> type() {
    return type;
  }

  static Optional<TorchName> of(String python) {
    return Optional.ofNullable(BY_PYTHON.get(python));
  }
}

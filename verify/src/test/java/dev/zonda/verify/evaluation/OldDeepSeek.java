package dev.zonda.verify.evaluation;

import dev.zonda.formats.Metadata;
import dev.zonda.formats.Shape;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.gguf.GgufModel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A DeepSeek model as converters wrote it before April 2025: keys and values of all heads are made
/// by one matrix, `attn_kv_b`, and the metadata have the sizes of heads in the plain keys.
record OldDeepSeek(GgufModel model, Metadata metadata, List<TensorInfo> tensors)
    implements GgufModel {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final String KEYS = "attn_k_b";
  private static final String VALUES = "attn_v_b";
  private static final String BOTH = "attn_kv_b";

  /// @param model of today's form, in F32
  static OldDeepSeek of(GgufModel model) {
    Metadata metadata = model.metadata();
    String prefix = "deepseek2.attention.";
    long heads = metadata.integer(prefix + "head_count").orElseThrow();
    Metadata old =
        metadata.toBuilder()
            .putUint32(prefix + "head_count_kv", heads)
            .put(prefix + "key_length", metadata.get(prefix + "key_length_mla").orElseThrow())
            .put(prefix + "value_length", metadata.get(prefix + "value_length_mla").orElseThrow())
            .remove(prefix + "key_length_mla")
            .remove(prefix + "value_length_mla")
            .build();
    List<TensorInfo> tensors = new ArrayList<>();
    for (TensorInfo tensor : model.tensors()) {
      if (tensor.name().contains(KEYS)) {
        TensorInfo values = model.find(tensor.name().replace(KEYS, VALUES)).orElseThrow();
        long ofHead = tensor.shape().dimension(2) + values.shape().dimension(1);
        Shape shape = Shape.of(heads * ofHead, tensor.shape().dimension(1));
        String name = tensor.name().replace(KEYS, BOTH);
        tensors.add(new TensorInfo(new TensorSpec(name, TensorType.F32, shape), 0));
      } else if (!tensor.name().contains(VALUES)) {
        tensors.add(tensor);
      }
    }
    return new OldDeepSeek(model, old, tensors);
  }

  @Override
  public String name() {
    return "old.gguf";
  }

  @Override
  public Optional<TensorInfo> find(String tensorName) {
    return tensors.stream().filter(tensor -> tensor.name().equals(tensorName)).findFirst();
  }

  @Override
  public MemorySegment rows(TensorInfo tensor, long firstRow, long rowCount, MemorySegment scratch)
      throws IOException {
    if (!tensor.name().contains(BOTH)) {
      return model.rows(tensor, firstRow, rowCount, scratch);
    }
    // A head's keys are its columns in today's matrix, and its values are rows of the other.
    TensorInfo keys = model.find(tensor.name().replace(BOTH, KEYS)).orElseThrow();
    TensorInfo values = model.find(tensor.name().replace(BOTH, VALUES)).orElseThrow();
    long rank = keys.shape().dimension(1);
    long plain = keys.shape().dimension(2);
    long valueLength = values.shape().dimension(1);
    MemorySegment allKeys = all(keys);
    MemorySegment allValues = all(values);
    for (long i = 0; i < rowCount; i++) {
      long head = (firstRow + i) / (plain + valueLength);
      long row = (firstRow + i) % (plain + valueLength);
      for (long column = 0; column < rank; column++) {
        float value =
            row < plain
                ? allKeys.getAtIndex(FLOAT, (head * rank + column) * plain + row)
                : allValues.getAtIndex(FLOAT, (head * valueLength + row - plain) * rank + column);
        scratch.setAtIndex(FLOAT, i * rank + column, value);
      }
    }
    return scratch.asSlice(0, rowCount * rank * Float.BYTES);
  }

  private MemorySegment all(TensorInfo tensor) throws IOException {
    MemorySegment scratch = MemorySegment.ofArray(new byte[Math.toIntExact(tensor.bytes())]);
    return model.rows(tensor, 0, tensor.shape().rows(), scratch);
  }

  @Override
  public void close() {
    model.close();
  }
}

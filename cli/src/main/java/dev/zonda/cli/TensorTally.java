package dev.zonda.cli;

import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.output.FileSetWriter;
import dev.zonda.quantize.TensorSink;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/// Passes tensors on to a writer, and reports those that are complete.
final class TensorTally implements TensorSink {
  private final FileSetWriter writer;
  private final Map<String, TensorType> sourceTypes;
  private final Console console;
  private final Map<String, AtomicLong> missing = new HashMap<>();

  /// @param sourceTypes types of the tensors in the input, by name, where they change
  TensorTally(
      FileSetWriter writer,
      List<TensorInfo> tensors,
      Map<String, TensorType> sourceTypes,
      Console console) {
    this.writer = writer;
    this.sourceTypes = sourceTypes;
    this.console = console;
    tensors.forEach(tensor -> missing.put(tensor.name(), new AtomicLong(tensor.bytes())));
  }

  @Override
  public void write(TensorInfo tensor, long offset, MemorySegment bytes) throws IOException {
    writer.write(tensor, offset, bytes);
    count(tensor, bytes.byteSize());
  }

  @Override
  public boolean has(TensorInfo tensor, long offset, long bytes) {
    boolean there = writer.has(tensor, offset, bytes);
    if (there) {
      count(tensor, bytes);
    }
    return there;
  }

  private void count(TensorInfo tensor, long bytes) {
    if (missing.get(tensor.name()).addAndGet(-bytes) == 0) {
      TensorType source = sourceTypes.getOrDefault(tensor.name(), tensor.type());
      console.progress().finishedTensor(source, tensor, missing.size());
      console.detail(
          "%s %s: %s -> %s, %s"
              .formatted(
                  tensor.name(),
                  tensor.shape(),
                  source,
                  tensor.type(),
                  Sizes.bytes(tensor.bytes())));
    }
  }
}

package dev.zonda.formats.gguf;

import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.TensorInfo;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/// Writes the files of a [SplitPlan], which appear all together or not at all.
///
/// Tensors can be written in any order and from many threads. A file is open from its first byte to
/// its last only, so that there can be more of them than the system lets a process open.
public final class SplitWriter implements AutoCloseable {
  private final List<Part> parts = new ArrayList<>();
  private final Map<String, Part> byTensor = new HashMap<>();
  private final OverwritePolicy policy;

  private SplitWriter(OverwritePolicy policy) {
    this.policy = policy;
  }

  /// Makes sure that all files can be created, and creates none yet.
  ///
  /// @param prefix the files' names up to their numbers
  /// @throws FileAlreadyExistsException if one of the files is there and must not be replaced
  public static SplitWriter create(Path prefix, SplitPlan plan, OverwritePolicy policy)
      throws IOException {
    SplitWriter writer = new SplitWriter(policy);
    List<Path> files = plan.files(prefix);
    for (int i = 0; i < files.size(); i++) {
      AtomicFile.requireCreatable(files.get(i), policy);
      Part part = new Part(files.get(i), plan.parts().get(i), policy);
      writer.parts.add(part);
      plan.parts().get(i).tensors().forEach(tensor -> writer.byTensor.put(tensor.name(), part));
    }
    return writer;
  }

  /// Writes some of a tensor's bytes, little endian. Each byte is to be written once.
  ///
  /// @param tensor one of the plan
  /// @throws IllegalArgumentException if the tensor is not of the plan or the bytes are not all
  ///   within it
  public void write(TensorInfo tensor, long offsetInTensor, MemorySegment bytes)
      throws IOException {
    Part part = byTensor.get(tensor.name());
    if (part == null) {
      throw new IllegalArgumentException("'" + tensor.name() + "' is no tensor of these files");
    }
    part.write(tensor, offsetInTensor, bytes);
  }

  /// Puts the files on the disk and gives them their names: the first one's at last, for without it
  /// nobody takes the others for a model.
  ///
  /// @throws IllegalStateException if a tensor was not written whole
  public void commit() throws IOException {
    for (Part part : parts) {
      part.seal();
    }
    if (policy == OverwritePolicy.REPLACE) {
      // Old and new files must never stand there as one model.
      Files.deleteIfExists(parts.getFirst().target);
    }
    List<Part> named = new ArrayList<>(parts.size());
    try {
      for (Part part : parts.reversed()) {
        part.commit();
        named.add(part);
      }
    } catch (IOException | RuntimeException e) {
      for (Part part : named) {
        try {
          Files.deleteIfExists(part.target);
        } catch (IOException suppressed) {
          e.addSuppressed(suppressed);
        }
      }
      throw e;
    }
  }

  /// Without a [#commit] before, nothing remains.
  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (Part part : parts) {
      try {
        part.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /// One file, created when its first byte comes, and sealed after its last.
  private static final class Part {
    private final Path target;
    private final GgufLayout layout;
    private final OverwritePolicy policy;
    private final AtomicLong missingBytes;
    private Optional<GgufWriter> writer = Optional.empty();
    private boolean sealed;

    Part(Path target, GgufLayout layout, OverwritePolicy policy) {
      this.target = target;
      this.layout = layout;
      this.policy = policy;
      this.missingBytes =
          new AtomicLong(layout.tensors().stream().mapToLong(TensorInfo::bytes).sum());
    }

    void write(TensorInfo tensor, long offset, MemorySegment bytes) throws IOException {
      writer().write(tensor, offset, bytes);
      if (missingBytes.addAndGet(-bytes.byteSize()) == 0) {
        seal();
      }
    }

    private synchronized GgufWriter writer() throws IOException {
      if (writer.isEmpty()) {
        writer = Optional.of(GgufWriter.create(target, layout, policy));
      }
      return writer.get();
    }

    synchronized void seal() throws IOException {
      if (!sealed) {
        writer().seal();
        sealed = true;
      }
    }

    void commit() throws IOException {
      writer().commit();
    }

    synchronized void close() throws IOException {
      if (writer.isPresent()) {
        writer.get().close();
      }
    }
  }
}

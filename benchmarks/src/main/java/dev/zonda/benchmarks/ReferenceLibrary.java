package dev.zonda.benchmarks;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.zonda.formats.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;

/// The reference's quantizer, called in this process: `ggml_quantize_chunk` of a `libggml-base.so`.
///
/// The library stays loaded until the process ends.
final class ReferenceLibrary {
  private final MethodHandle quantizeChunk;

  @SuppressWarnings("restricted") // Calling native code is the purpose.
  ReferenceLibrary(Path library) {
    SymbolLookup symbols = SymbolLookup.libraryLookup(library, Arena.global());
    quantizeChunk =
        Linker.nativeLinker()
            .downcallHandle(
                symbols.findOrThrow("ggml_quantize_chunk"),
                FunctionDescriptor.of(
                    JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                    ADDRESS));
  }

  /// Whole rows, as one call.
  Rows rows(TensorType type, float[] values, int rows, int rowLength, Optional<float[]> weights) {
    Arena arena = Arena.ofAuto();
    MemorySegment in = arena.allocateFrom(JAVA_FLOAT, values);
    MemorySegment out = arena.allocate(type.byteSize(values.length), 64);
    MemorySegment columns =
        weights.map(w -> arena.allocateFrom(JAVA_FLOAT, w)).orElse(MemorySegment.NULL);
    return new Rows(type, in, out, rows, rowLength, columns);
  }

  /// Values in native memory and where their blocks go.
  final class Rows {
    private final TensorType type;
    private final MemorySegment in;
    private final MemorySegment out;
    private final long rows;
    private final long rowLength;
    private final MemorySegment columns;

    private Rows(
        TensorType type,
        MemorySegment in,
        MemorySegment out,
        long rows,
        long rowLength,
        MemorySegment columns) {
      this.type = type;
      this.in = in;
      this.out = out;
      this.rows = rows;
      this.rowLength = rowLength;
      this.columns = columns;
    }

    /// @return the blocks
    MemorySegment quantize() {
      try {
        long bytes =
            (long) quantizeChunk.invokeExact(type.ggmlId(), in, out, 0L, rows, rowLength, columns);
        if (bytes != out.byteSize()) {
          throw new IllegalStateException(
              "the library wrote " + bytes + " bytes of " + type + ", not " + out.byteSize());
        }
        return out;
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException("calling ggml_quantize_chunk failed", e);
      }
    }
  }
}

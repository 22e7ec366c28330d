package dev.zonda.quantize;

import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorType;

/// Is told how far a long task has come. Called from many threads; must return quickly.
public interface ProgressListener {
  /// Ignores everything.
  ProgressListener NONE =
      new ProgressListener() {
        @Override
        public void started(String task, long units, String unit) {}

        @Override
        public void advanced(long units) {}

        @Override
        public void finished() {}
      };

  /// A task begins.
  ///
  /// @param task what is done, for example `quantizing`
  /// @param units how many there are in all
  /// @param unit their name in the plural, for example `bytes` or `tokens`
  void started(String task, long units, String unit);

  void advanced(long units);

  /// Some units need no work, for an earlier run did them.
  default void skipped(long units) {
    advanced(units);
  }

  /// One of the task's tensors is done.
  ///
  /// @param source type before
  /// @param target name, type after, size
  /// @param tensors number of all
  default void finishedTensor(TensorType source, TensorInfo target, int tensors) {}

  void finished();
}

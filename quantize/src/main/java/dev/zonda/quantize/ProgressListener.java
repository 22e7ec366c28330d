package dev.zonda.quantize;

/// Hears how far a long task has come. Called from many threads; must return quickly.
public interface ProgressListener {
  /// Hears nothing.
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

  void finished();
}

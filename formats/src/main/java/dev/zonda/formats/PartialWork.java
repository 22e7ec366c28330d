package dev.zonda.formats;

/// What happens to files that a run started and did not complete.
public enum PartialWork {
  /// Remove them when the run fails or is interrupted.
  REMOVE,
  /// Leave them to a later run.
  KEEP,
  /// Resume those of an earlier run, and leave them to a later one.
  RESUME;

  public boolean isKept() {
    return this != REMOVE;
  }
}

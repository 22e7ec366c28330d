package dev.zonda.formats;

/// What becomes of files that a run began and did not complete.
public enum PartialWork {
  /// Remove them when the run fails or is interrupted.
  REMOVE,
  /// Leave them to a later run.
  KEEP,
  /// Go on with those of an earlier run, and leave them to a later one.
  RESUME;

  public boolean isKept() {
    return this != REMOVE;
  }
}

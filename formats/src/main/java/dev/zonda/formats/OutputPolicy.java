package dev.zonda.formats;

/// How a run treats files that are in the place of its output.
///
/// @param existing complete files
/// @param partial incomplete files, of an earlier run or of this one
public record OutputPolicy(OverwritePolicy existing, PartialWork partial) {
  /// Nothing is overwritten, nothing is left behind.
  public static final OutputPolicy CAREFUL =
      new OutputPolicy(OverwritePolicy.FAIL, PartialWork.REMOVE);
}

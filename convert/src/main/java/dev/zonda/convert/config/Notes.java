package dev.zonda.convert.config;

import java.util.ArrayList;
import java.util.List;

/// Collects what a user should know about a conversion: one line each, no errors. Not for use by
/// several threads.
public final class Notes {
  /// A hostile folder could give cause for millions.
  private static final int MAX_NOTES = 50;

  private final List<String> lines = new ArrayList<>();
  private long omitted;

  public void add(String line) {
    if (lines.size() < MAX_NOTES) {
      lines.add(line.replaceAll("\\p{Cntrl}", "?"));
    } else {
      omitted++;
    }
  }

  public List<String> list() {
    List<String> all = new ArrayList<>(lines);
    if (omitted > 0) {
      all.add(omitted + " more notes are not shown");
    }
    return List.copyOf(all);
  }
}

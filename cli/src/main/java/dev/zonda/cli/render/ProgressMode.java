package dev.zonda.cli.render;

import java.util.Locale;

/// How progress is shown on standard error.
public enum ProgressMode {
  /// A bar on a terminal, nothing elsewhere.
  AUTO,
  /// A bar, whether or not there is a terminal.
  BAR,
  /// A line of JSON for each event, for programs.
  JSON,
  /// Not at all.
  NONE;

  /// Reads a user's choice, in upper or lower case.
  ///
  /// @throws IllegalArgumentException if it is something else; the message is for the user
  public static ProgressMode parse(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "auto" -> AUTO;
      case "bar" -> BAR;
      case "json" -> JSON;
      case "none" -> NONE;
      default ->
          throw new IllegalArgumentException(
              "'" + text + "' is not a progress mode, expected auto, bar, json or none");
    };
  }
}

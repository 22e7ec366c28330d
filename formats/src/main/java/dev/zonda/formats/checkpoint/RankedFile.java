package dev.zonda.formats.checkpoint;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A file of a model that is kept in parts for several devices, as Grok 2 is published: by its name
/// `…-00006-TP-003.safetensors` it has parts for the fourth device, and whole tensors by
/// `…-00000-TP-common.safetensors`.
///
/// @param device its number; empty if the file's tensors are whole
record RankedFile(String name, OptionalInt device) {
  private static final Pattern NAME = Pattern.compile(".+-\\d{5}-TP-(common|\\d{3})\\.safetensors");

  /// Empty if it is called otherwise.
  static Optional<RankedFile> of(String name) {
    Matcher matcher = NAME.matcher(name);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String device = matcher.group(1);
    return Optional.of(
        new RankedFile(
            name,
            device.equals("common")
                ? OptionalInt.empty()
                : OptionalInt.of(Integer.parseInt(device))));
  }
}

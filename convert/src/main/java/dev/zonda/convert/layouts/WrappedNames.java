package dev.zonda.convert.layouts;

import dev.zonda.convert.config.Notes;
import dev.zonda.formats.Checkpoint;
import java.util.List;
import java.util.regex.Pattern;

/// Names of tensors that were saved while a training tool had its own modules around the model's.
final class WrappedNames {
  /// @param mark part of the names
  /// @param tool the tool that puts it there
  private record Wrapper(Pattern mark, String tool) {
    String removed(String name) {
      return mark.matcher(name).replaceAll("");
    }
  }

  private static final List<Wrapper> WRAPPERS =
      List.of(
          new Wrapper(Pattern.compile("(?<=^|\\.)_orig_mod\\."), "torch.compile"),
          new Wrapper(Pattern.compile("(?<=^|\\.)_fsdp_wrapped_module\\."), "FSDP"),
          new Wrapper(
              Pattern.compile("(?<=^|\\.)_checkpoint_wrapped_module\\."),
              "activation checkpointing"),
          new Wrapper(Pattern.compile("^module\\."), "DistributedDataParallel"));

  private WrappedNames() {}

  /// The name in the model itself.
  static String unwrapped(String name) {
    String own = name;
    for (Wrapper wrapper : WRAPPERS) {
      own = wrapper.removed(own);
    }
    return own;
  }

  /// Says what is left out of names.
  static void note(Checkpoint weights, Notes notes) {
    for (Wrapper wrapper : WRAPPERS) {
      long count =
          weights.tensors().stream()
              .filter(tensor -> !wrapper.removed(tensor.name()).equals(tensor.name()))
              .count();
      if (count > 0) {
        notes.add(
            "%d tensors were saved within %s, which added to their names: the addition is left"
                    .formatted(count, wrapper.tool())
                + " out; transformers and llama.cpp's converter do not read such names");
      }
    }
  }
}

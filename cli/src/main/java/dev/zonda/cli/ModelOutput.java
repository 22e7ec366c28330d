package dev.zonda.cli;

import dev.zonda.cli.render.Console;
import dev.zonda.cli.render.Sizes;
import dev.zonda.formats.OutputPolicy;
import dev.zonda.formats.PartialWork;
import dev.zonda.formats.TensorType;
import dev.zonda.formats.journal.RunIdentity;
import dev.zonda.formats.output.FileSet;
import dev.zonda.formats.output.FileSetWriter;
import dev.zonda.quantize.ProgressListener;
import dev.zonda.quantize.TensorSink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// The files of a model that a command writes: whole or not at all, or in several runs.
///
/// @param files one for each file of the set
/// @param sourceTypes types of the tensors in the input, by name, where they change
record ModelOutput(List<Path> files, FileSet set, Map<String, TensorType> sourceTypes) {
  /// Does the work that fills the files.
  @FunctionalInterface
  interface Work {
    void into(TensorSink sink, ProgressListener progress) throws IOException, InterruptedException;
  }

  /// What the output of a run depends on: the program and its input files. Commands add their
  /// options.
  static RunIdentity identity(List<Path> inputs) throws IOException {
    RunIdentity identity = RunIdentity.NONE.with("version of zonda", Version.number());
    for (Path input : inputs) {
      identity =
          identity.with(
              input.getFileName().toString(),
              "%d bytes of %s".formatted(Files.size(input), Files.getLastModifiedTime(input)));
    }
    return identity;
  }

  /// Writes the files, and resumes what an earlier run has left if the policy says so.
  ///
  /// @param identity what the files depend on
  void write(OutputPolicy policy, RunIdentity identity, Console console, Work work)
      throws IOException, InterruptedException {
    try (FileSetWriter writer = FileSetWriter.create(files, set, policy, identity)) {
      boolean complete = false;
      try {
        if (policy.partial() == PartialWork.RESUME) {
          verify(writer, console);
        }
        work.into(new TensorTally(writer, set.tensors(), sourceTypes, console), console.progress());
        writer.commit();
        complete = true;
      } finally {
        if (!complete && policy.partial().isKept()) {
          console.note("the unfinished output is kept: resume with --resume");
        }
      }
    }
  }

  private void verify(FileSetWriter writer, Console console) throws IOException {
    if (!writer.isResumed()) {
      console.note("there is nothing to resume: starting over");
      return;
    }
    ProgressListener progress = console.progress();
    progress.started("verifying", writer.earlierBytes(), "bytes");
    long found;
    try {
      found = writer.verify(progress::advanced);
    } finally {
      progress.finished();
    }
    console.note("resuming after %s of %s".formatted(Sizes.bytes(found), Sizes.bytes(set.bytes())));
  }
}

package dev.zonda.formats.output;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.Metadata;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.TensorSpec;
import dev.zonda.formats.checkpoint.ShardedCheckpoint;
import dev.zonda.formats.gguf.GgufFile;
import dev.zonda.formats.gguf.GgufLayout;
import dev.zonda.formats.gguf.SplitPlan;
import dev.zonda.formats.safetensors.SafetensorsFile;
import dev.zonda.formats.safetensors.SafetensorsLayout;
import dev.zonda.formats.safetensors.ShardPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// What is written through the code that all formats share.
enum SampleFormat {
  GGUF,
  SAFETENSORS;

  private static final Metadata METADATA = Metadata.builder().putText("general.name", "m").build();

  /// Files of a model in a folder.
  ///
  /// @param files their names
  record Planned(SampleFormat format, FileSet set, List<Path> files) {
    /// The file of a tensor.
    Path fileOf(TensorInfo tensor) {
      for (int i = 0; i < files.size(); i++) {
        if (set.layouts().get(i).tensors().contains(tensor)) {
          return files.get(i);
        }
      }
      throw new AssertionError(tensor);
    }

    TensorInfo tensor(String name) {
      return set.tensors().stream()
          .filter(tensor -> tensor.name().equals(name))
          .findFirst()
          .orElseThrow();
    }

    Checkpoint open() throws IOException {
      return switch (format) {
        case GGUF -> GgufFile.open(files.getFirst());
        case SAFETENSORS -> ShardedCheckpoint.open(files.getFirst());
      };
    }
  }

  FileLayout layout(List<TensorSpec> tensors) {
    return switch (this) {
      case GGUF -> GgufLayout.plan(METADATA, tensors);
      case SAFETENSORS -> SafetensorsLayout.plan(METADATA, tensors);
    };
  }

  Checkpoint open(Path file) throws IOException {
    return switch (this) {
      case GGUF -> GgufFile.open(file);
      case SAFETENSORS -> SafetensorsFile.open(file);
    };
  }

  Planned plan(List<List<TensorSpec>> groups, Path folder) {
    return switch (this) {
      case GGUF -> {
        SplitPlan plan = SplitPlan.ofGroups(METADATA, groups, SplitPlan.KeyOrder.SPLITTER);
        yield new Planned(this, plan.fileSet(), plan.files(folder.resolve("m")));
      }
      case SAFETENSORS -> {
        ShardPlan plan = ShardPlan.ofGroups(METADATA, groups);
        yield new Planned(this, plan.fileSet(), plan.files(folder));
      }
    };
  }
}

package dev.zonda.formats.checkpoint;

import dev.zonda.formats.FormatException;
import dev.zonda.formats.io.Folder;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Why a folder has no weights that can be read, as far as its files tell.
final class NoWeights {
  /// @param files by which it is known: names of files, or of folders with a slash at the end
  /// @param what it is and what to do; `%s` stands for the file
  private record Cause(Pattern files, String what) {
    Cause(String files, String what) {
      this(Pattern.compile(files), what);
    }
  }

  private static final List<Cause> CAUSES =
      List.of(
          new Cause(
              "adapter_(model.*|config\\.json)",
              "holds only a LoRA adapter ('%s'): merge it with its base model first, for example with"
                  + " PEFT's merge_and_unload"),
          new Cause(
              ".*\\.(incomplete|part|partial|crdownload|download|aria2|tmp|!qB)",
              "holds no weights, only '%s', which an unfinished download left: download it again"),
          new Cause(
              ".*\\.gguf",
              "holds no checkpoint, only '%s', which is a model already: give zonda that file"),
          new Cause(
              ".*\\.(distcp|metadata)|\\.metadata|pytorch_model_fsdp_0/",
              "holds a distributed checkpoint ('%s'): gather it first, for example with"
                  + " torch.distributed.checkpoint.format_utils"),
          new Cause(
              "zero_to_fp32\\.py|global_step\\d+/|mp_rank_\\d+_model_states\\.pt",
              "holds a DeepSpeed checkpoint ('%s'): gather it first with its zero_to_fp32.py"),
          new Cause(
              "weights(\\.\\d+)?\\.npz",
              "holds MLX weights ('%s'), which cannot be read: convert the original model"),
          new Cause(
              ".*\\.onnx(_data|\\.data)?|onnx/",
              "holds only ONNX weights ('%s'), which cannot be read: convert the original"
                  + " model, in safetensors or PyTorch files"),
          new Cause(
              "tf_model.*\\.h5|saved_model\\.pb|.*\\.ckpt(\\..*|-\\d+.*)?|.*\\.tflite",
              "holds only TensorFlow weights ('%s'), which cannot be read: load them with"
                  + " transformers 4 (from_tf=True) and save them as safetensors"),
          new Cause(
              "flax_model.*\\.msgpack|.*\\.msgpack",
              "holds only Flax weights ('%s'), which cannot be read: load them with"
                  + " transformers 4 (from_flax=True) and save them as safetensors"),
          new Cause(
              "openvino_model.*|.*\\.(mlpackage|mlmodel|engine|ot|mnn|tflite|rknn)/?",
              "holds only weights for one runtime ('%s'), which cannot be read: convert the"
                  + " original model"));

  private NoWeights() {}

  /// @param otherwise what to say if no file tells
  static FormatException in(Folder folder, String otherwise) throws IOException {
    List<String> names = folder.list("");
    List<String> folders = folder.folders().stream().map(name -> name + "/").toList();
    for (Cause cause : CAUSES) {
      Optional<String> found =
          Stream.concat(names.stream(), folders.stream())
              .filter(name -> cause.files().matcher(name).matches())
              .findFirst();
      if (found.isPresent()) {
        return FormatException.in(folder.path(), cause.what().formatted(found.get()));
      }
    }
    return FormatException.in(folder.path(), otherwise);
  }
}

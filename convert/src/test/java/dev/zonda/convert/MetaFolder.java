package dev.zonda.convert;

import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import dev.zonda.testdata.TorchWriter;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Makes of Hugging Face's folder of a Llama the one that Meta would have published: names, the
/// order of values in heads, and parts of every matrix in several files.
final class MetaFolder {
  /// What of the embedding each device has a part of.
  enum Embedding {
    BY_TOKEN,
    BY_VALUE
  }

  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("model.embed_tokens", "tok_embeddings"),
          Map.entry("model.norm", "norm"),
          Map.entry("lm_head", "output"),
          Map.entry("input_layernorm", "attention_norm"),
          Map.entry("post_attention_layernorm", "ffn_norm"),
          Map.entry("self_attn.q_proj", "attention.wq"),
          Map.entry("self_attn.k_proj", "attention.wk"),
          Map.entry("self_attn.v_proj", "attention.wv"),
          Map.entry("self_attn.o_proj", "attention.wo"),
          Map.entry("block_sparse_moe", "feed_forward"),
          Map.entry("mlp.gate_proj", "feed_forward.w1"),
          Map.entry("mlp.down_proj", "feed_forward.w2"),
          Map.entry("mlp.up_proj", "feed_forward.w3"));

  private static final Map<String, String> STORAGES =
      Map.of("BF16", "BFloat16Storage", "F16", "HalfStorage", "F32", "FloatStorage");

  private final int parts;
  private final Embedding embedding;
  private final Map<String, Integer> heads;

  /// @param heads numbers of heads of queries (`attention.wq`) and keys (`attention.wk`)
  MetaFolder(int parts, Embedding embedding, Map<String, Integer> heads) {
    this.parts = parts;
    this.embedding = embedding;
    this.heads = heads;
  }

  void write(Path huggingFace, Path folder) throws IOException {
    Files.createDirectories(folder);
    List<List<TorchWriter.Tensor>> files = new ArrayList<>();
    for (int part = 0; part < parts; part++) {
      files.add(new ArrayList<>());
      for (String buffer : List.of("rope.freqs", "layers.1.attention.inner_attention.rope.freqs")) {
        files
            .getLast()
            .add(
                new TorchWriter.Tensor(
                    buffer, "FloatStorage", List.of(4L), ByteBuffer.allocate(16)));
      }
    }
    try (CheckpointFolder opened = CheckpointFolder.open(huggingFace)) {
      Checkpoint weights = opened.weights();
      for (TensorInfo tensor : weights.tensors()) {
        if (tensor.name().endsWith("inv_freq")) {
          continue;
        }
        byte[] values = weights.data(tensor).toArray(ValueLayout.JAVA_BYTE);
        add(name(tensor.name()), tensor, values, files);
      }
    }
    for (int part = 0; part < parts; part++) {
      TorchWriter.write(folder.resolve("consolidated.%02d.pth".formatted(part)), files.get(part));
    }
  }

  private static String name(String usual) {
    String name = usual.startsWith("model.layers.") ? usual.substring("model.".length()) : usual;
    for (Map.Entry<String, String> module : NAMES.entrySet()) {
      name = name.replace(module.getKey(), module.getValue());
    }
    return name;
  }

  private void add(
      String name, TensorInfo tensor, byte[] given, List<List<TorchWriter.Tensor>> files) {
    long rows = tensor.shape().rows();
    int rowBytes = Math.toIntExact(tensor.rowBytes());
    String module = name.replaceFirst("layers\\.\\d+\\.", "").replace(".weight", "");
    byte[] values =
        heads.containsKey(module) ? pairs(given, heads.get(module), Math.toIntExact(rows)) : given;
    boolean byColumn =
        module.equals("attention.wo")
            || module.equals("feed_forward.w2")
            || (module.equals("tok_embeddings") && embedding == Embedding.BY_VALUE);
    for (int part = 0; part < parts; part++) {
      List<Long> shape = new ArrayList<>();
      Arrays.stream(tensor.shape().toArray()).forEach(shape::add);
      byte[] own = values;
      if (shape.size() == 2 && byColumn) {
        shape.set(1, shape.get(1) / parts);
        own = columns(values, Math.toIntExact(rows), rowBytes, part);
      } else if (shape.size() == 2) {
        shape.set(0, shape.get(0) / parts);
        int bytes = values.length / parts;
        own = Arrays.copyOfRange(values, part * bytes, (part + 1) * bytes);
      }
      files
          .get(part)
          .add(
              new TorchWriter.Tensor(
                  name, STORAGES.get(tensor.type().name()), shape, ByteBuffer.wrap(own)));
    }
  }

  private byte[] columns(byte[] values, int rows, int rowBytes, int part) {
    int bytes = rowBytes / parts;
    byte[] own = new byte[rows * bytes];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(values, row * rowBytes + part * bytes, own, row * bytes, bytes);
    }
    return own;
  }

  /// The values of a head that turn together become neighbours.
  private static byte[] pairs(byte[] values, int heads, int allRows) {
    byte[] own = new byte[values.length];
    int headBytes = values.length / heads;
    int rows = allRows / heads;
    int rowBytes = headBytes / rows;
    for (int head = 0; head < heads; head++) {
      for (int row = 0; row < rows; row++) {
        int from = head * headBytes + (row % 2 * (rows / 2) + row / 2) * rowBytes;
        System.arraycopy(values, from, own, head * headBytes + row * rowBytes, rowBytes);
      }
    }
    return own;
  }
}

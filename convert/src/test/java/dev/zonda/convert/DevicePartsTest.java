package dev.zonda.convert;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.convert.config.Fidelity;
import dev.zonda.formats.Checkpoint;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.TensorInfo;
import dev.zonda.formats.checkpoint.CheckpointFolder;
import dev.zonda.testdata.SeededCheckpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Grok 2 as it is published: matrices of experts in parts for several devices, each in a file of
/// its own and all under one name.
class DevicePartsTest {
  private static final ConversionOptions F32 =
      new ConversionOptions(OutputType.F32, Fidelity.CORRECTED);
  private static final String DOWN = ".w2.weight";

  /// @param bytes of the values, row by row
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Part(String name, String type, long rows, long columns, byte[] bytes) {}

  @TempDir private Path temp;
  private Path whole;
  private Path folder;

  @BeforeEach
  void writeWhole() throws IOException {
    whole = temp.resolve("whole");
    folder = temp.resolve("parts");
    SeededCheckpoint.write("grok2", whole);
    SeededCheckpoint.write("grok2", folder);
    Files.delete(folder.resolve("model.safetensors"));
  }

  @Test
  void partsAreTheWholeModel() throws IOException {
    split(4, "pytorch_model");
    try (Blueprint usual = Conversion.open(whole, F32);
        Blueprint own = Conversion.open(folder, F32)) {
      assertEquals(usual.tensors(), own.tensors());
      for (TensorInfo tensor : usual.tensors()) {
        assertArrayEquals(rows(usual, tensor), rows(own, tensor), tensor.name());
      }
      assertEquals(
          usual.metadata().get("tokenizer.ggml.tokens"),
          own.metadata().get("tokenizer.ggml.tokens"));
      assertEquals(usual.notes(), own.notes());
    }
    Files.delete(folder.resolve("pytorch_model-00003-TP-002.safetensors"));
    assertMessage("w1.weight' is there for devices [0, 1, 3], expected a part for each of 0 to 3");
  }

  @Test
  void referenceKeepsOnePart() throws IOException {
    split(2, "model");
    ConversionOptions asReference = new ConversionOptions(OutputType.F32, Fidelity.AS_REFERENCE);
    FormatException problem =
        assertThrows(FormatException.class, () -> Conversion.open(folder, asReference));
    assertTrue(
        problem.getMessage().contains("parts for several devices, of which llama.cpp's converter"),
        problem.getMessage());
    Conversion.open(folder, F32).close();
  }

  @Test
  void onlyExpertsHaveParts() throws IOException {
    Map<String, List<Part>> files = new TreeMap<>();
    byte[] one = new byte[4];
    for (int device = 0; device < 2; device++) {
      files.put(
          "model-00000-TP-%03d.safetensors".formatted(device),
          List.of(new Part("model.norm.weight", "F32", 1, 1, one)));
    }
    write(files);
    assertMessage("'model.norm.weight' is in parts, but zonda does not know how to join them");
    files.put(
        "model-00001-TP-001.safetensors", List.of(new Part("model.norm.weight", "F32", 1, 1, one)));
    write(files);
    assertMessage("which is also in 'model-00000-TP-001.safetensors'");
  }

  private void assertMessage(String message) {
    FormatException problem =
        assertThrows(FormatException.class, () -> Conversion.open(folder, F32));
    assertTrue(problem.getMessage().contains(message), problem.getMessage());
  }

  private static byte[] rows(Blueprint model, TensorInfo tensor) throws IOException {
    byte[] scratch = new byte[Math.toIntExact(tensor.bytes())];
    MemorySegment rows =
        model.rows(tensor, 0, tensor.shape().rows(), MemorySegment.ofArray(scratch));
    return rows.toArray(ValueLayout.JAVA_BYTE);
  }

  private void split(int devices, String prefix) throws IOException {
    Map<String, List<Part>> files = new TreeMap<>();
    String form = prefix + "-%05d-TP-%s.safetensors";
    try (CheckpointFolder opened = CheckpointFolder.open(whole)) {
      Checkpoint weights = opened.weights();
      for (TensorInfo tensor : weights.tensors()) {
        byte[] bytes = weights.data(tensor).toArray(ValueLayout.JAVA_BYTE);
        long rows = tensor.shape().rows();
        long columns = tensor.shape().rowLength();
        if (!tensor.name().contains(".experts.")) {
          boolean isVector = tensor.shape().rank() == 1;
          add(
              files,
              form.formatted(0, "common"),
              new Part(tensor.name(), "BF16", isVector ? 0 : rows, columns, bytes));
          continue;
        }
        boolean isDown = tensor.name().endsWith(DOWN);
        for (int device = 0; device < devices; device++) {
          byte[] own =
              isDown
                  ? columns(bytes, Math.toIntExact(rows), devices, device)
                  : Arrays.copyOfRange(
                      bytes,
                      device * bytes.length / devices,
                      (device + 1) * bytes.length / devices);
          add(
              files,
              form.formatted(device + 1, "%03d".formatted(device)),
              new Part(
                  tensor.name(),
                  "BF16",
                  isDown ? rows : rows / devices,
                  isDown ? columns / devices : columns,
                  own));
        }
      }
    }
    write(files);
  }

  private static void add(Map<String, List<Part>> files, String file, Part part) {
    files.computeIfAbsent(file, name -> new ArrayList<>()).add(part);
  }

  private static byte[] columns(byte[] bytes, int rows, int devices, int device) {
    int rowBytes = bytes.length / rows;
    int length = rowBytes / devices;
    byte[] own = new byte[rows * length];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(bytes, row * rowBytes + device * length, own, row * length, length);
    }
    return own;
  }

  private void write(Map<String, List<Part>> files) throws IOException {
    for (Map.Entry<String, List<Part>> file : files.entrySet()) {
      List<String> entries = new ArrayList<>();
      ByteArrayOutputStream values = new ByteArrayOutputStream();
      for (Part part : file.getValue()) {
        String shape = part.rows() == 0 ? "" + part.columns() : part.rows() + "," + part.columns();
        int from = values.size();
        values.writeBytes(part.bytes());
        entries.add(
            "\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%d,%d]}"
                .formatted(part.name(), part.type(), shape, from, values.size()));
      }
      byte[] header = ("{" + String.join(",", entries) + "}").getBytes(StandardCharsets.UTF_8);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.writeBytes(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
      out.writeBytes(header);
      out.writeBytes(values.toByteArray());
      Files.write(folder.resolve(file.getKey()), out.toByteArray());
    }
  }
}

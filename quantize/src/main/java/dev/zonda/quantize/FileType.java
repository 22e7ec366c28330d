package dev.zonda.quantize;

import dev.zonda.formats.NearestName;
import dev.zonda.formats.TensorType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// What a quantized file is called: the choices of llama-quantize, with the id that stands in
/// `general.file_type` (`enum llama_ftype`) and the type of tensors that no rule of the [Mixture]
/// treats otherwise.
public enum FileType {
  F32(0, TensorType.F32),
  F16(1, TensorType.F16),
  BF16(32, TensorType.BF16),
  Q8_0(7, TensorType.Q8_0),
  Q4_0(2, TensorType.Q4_0),
  Q4_1(3, TensorType.Q4_1),
  Q5_0(8, TensorType.Q5_0),
  Q5_1(9, TensorType.Q5_1),
  Q2_K(10, TensorType.Q2_K),
  Q2_K_S(21, TensorType.Q2_K),
  Q3_K_S(11, TensorType.Q3_K),
  Q3_K_M(12, TensorType.Q3_K),
  Q3_K_L(13, TensorType.Q3_K),
  Q4_K_S(14, TensorType.Q4_K),
  Q4_K_M(15, TensorType.Q4_K),
  Q5_K_S(16, TensorType.Q5_K),
  Q5_K_M(17, TensorType.Q5_K),
  Q6_K(18, TensorType.Q6_K),
  IQ1_S(24, TensorType.IQ1_S),
  IQ1_M(31, TensorType.IQ1_M),
  IQ2_XXS(19, TensorType.IQ2_XXS),
  IQ2_XS(20, TensorType.IQ2_XS),
  IQ2_S(28, TensorType.IQ2_XS),
  IQ2_M(29, TensorType.IQ2_S),
  IQ3_XXS(23, TensorType.IQ3_XXS),
  IQ3_XS(22, TensorType.IQ3_S),
  IQ3_S(26, TensorType.IQ3_S),
  IQ3_M(27, TensorType.IQ3_S),
  IQ4_NL(25, TensorType.IQ4_NL),
  IQ4_XS(30, TensorType.IQ4_XS),
  TQ1_0(36, TensorType.TQ1_0),
  TQ2_0(37, TensorType.TQ2_0),
  MXFP4_MOE(38, TensorType.MXFP4),
  Q1_0(40, TensorType.Q1_0),
  Q2_0(41, TensorType.Q2_0),
  /// Every tensor keeps its type, and the file its id.
  COPY(-1, TensorType.F32);

  private final int id;
  private final TensorType defaultType;

  FileType(int id, TensorType defaultType) {
    this.id = id;
    this.defaultType = defaultType;
  }

  /// The value of `general.file_type`, -1 if it is the source's.
  public int id() {
    return id;
  }

  /// The type of tensors that the mixture does not treat otherwise.
  public TensorType defaultType() {
    return defaultType;
  }

  /// Whether a tensor of the given type in such a file is worthless without importance weights, so
  /// that quantizing without them is refused. Token embeddings and the output are exempt.
  public boolean requiresImportance(TensorType type) {
    return switch (type) {
      case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS -> true;
      case Q2_K -> this == Q2_K_S;
      case F32,
          F16,
          Q4_0,
          Q4_1,
          Q5_0,
          Q5_1,
          Q8_0,
          Q8_1,
          Q3_K,
          Q4_K,
          Q5_K,
          Q6_K,
          Q8_K,
          IQ4_NL,
          IQ3_S,
          IQ4_XS,
          I8,
          I16,
          I32,
          I64,
          F64,
          BF16,
          TQ1_0,
          TQ2_0,
          MXFP4,
          NVFP4,
          Q1_0,
          Q2_0,
          BOOL,
          U8,
          U16,
          U32,
          U64,
          C64,
          F8_E5M2,
          F8_E4M3,
          F8_E8M0,
          F8_E4M3FNUZ,
          F8_E5M2FNUZ,
          F6_E2M3,
          F6_E3M2,
          F4 ->
          false;
    };
  }

  /// The file type of a name in upper or lower case. `Q3_K`, `Q4_K` and `Q5_K` mean their `_M`.
  ///
  /// @throws IllegalArgumentException if there is no such type; the message names them all
  public static FileType parse(String name) {
    String upper = name.strip().toUpperCase(Locale.ROOT);
    String canonical =
        switch (upper) {
          case "Q3_K", "Q4_K", "Q5_K" -> upper + "_M";
          default -> upper;
        };
    return named(canonical)
        .orElseThrow(() ->
            new IllegalArgumentException(
                "unknown file type '%s'%s, choose one of %s"
                    .formatted(name, NearestName.question(meant(name)), choices())));
  }

  /// The file type that the user may have meant by an unknown name: a name that other programs give
  /// to types of as many bits, or a name with typing errors.
  public static Optional<String> meant(String name) {
    Optional<FileType> usual =
        switch (name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "")) {
          case "FP32", "FLOAT32", "FLOAT" -> Optional.of(F32);
          case "FP16", "FLOAT16", "HALF", "16BIT" -> Optional.of(F16);
          case "BFLOAT16", "BRAINFLOAT16" -> Optional.of(BF16);
          case "Q8", "INT8", "8BIT", "8BITS", "FP8", "W8A16", "W8A8" -> Optional.of(Q8_0);
          case "Q6", "6BIT", "6BITS" -> Optional.of(Q6_K);
          case "Q5", "5BIT", "5BITS" -> Optional.of(Q5_K_M);
          case "Q4", "INT4", "4BIT", "4BITS", "FP4", "NF4", "W4A16", "AWQ", "GPTQ" ->
              Optional.of(Q4_K_M);
          case "Q3", "INT3", "3BIT", "3BITS" -> Optional.of(Q3_K_M);
          case "Q2", "INT2", "2BIT", "2BITS" -> Optional.of(Q2_K);
          case "Q1" -> Optional.of(Q1_0);
          case "Q3K" -> Optional.of(Q3_K_M);
          case "Q4K" -> Optional.of(Q4_K_M);
          case "Q5K" -> Optional.of(Q5_K_M);
          case "IQ4" -> Optional.of(IQ4_XS);
          case "IQ3" -> Optional.of(IQ3_M);
          case "IQ2" -> Optional.of(IQ2_M);
          case "IQ1", "1BIT" -> Optional.of(IQ1_M);
          case "MXFP4" -> Optional.of(MXFP4_MOE);
          default -> Optional.empty();
        };
    return usual
        .map(FileType::name)
        .or(() -> NearestName.meant(name, Arrays.stream(values()).map(FileType::name).toList()));
  }

  /// The names of all file types, separated by commas.
  public static String choices() {
    return Arrays.stream(values()).map(FileType::name).collect(Collectors.joining(", "));
  }

  /// The file type of an exact name.
  static Optional<FileType> named(String name) {
    return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
  }
}

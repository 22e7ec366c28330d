package dev.zonda.cli.reports;

import dev.zonda.formats.MetadataValue;
import dev.zonda.formats.TensorInfo;
import dev.zonda.inspect.Inspection;
import dev.zonda.inspect.ModelFacts;
import dev.zonda.inspect.SizeFact;
import dev.zonda.inspect.StoredFiles;
import dev.zonda.inspect.StoredFiles.StoredFile;
import dev.zonda.inspect.TypeShare;
import dev.zonda.inspect.VocabularyFacts;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import tools.jackson.databind.JsonNode;

/// `inspect --json`. The names of the components are the names in the output, in `snake_case`: do
/// not rename them.
///
/// @param part which file of a split model it is, if the others are not there
/// @param quantization how a folder's weights are quantized
/// @param parameters values in all tensors
/// @param bytes size of all files
/// @param metadata all keys with their whole values
/// @param config the folder's config.json
/// @param tensors in file order
public record InspectionJson(
    String path,
    String format,
    Optional<StoredFiles.Part> part,
    Optional<String> architecture,
    Optional<String> modelClass,
    Optional<String> name,
    Optional<String> fileType,
    Optional<String> quantization,
    long parameters,
    long bytes,
    double bitsPerWeight,
    OptionalLong contextLength,
    OptionalLong vocabularySize,
    OptionalLong layers,
    OptionalLong predictors,
    OptionalLong embeddingLength,
    OptionalLong feedForwardLength,
    OptionalLong heads,
    OptionalLong kvHeads,
    OptionalLong experts,
    Optional<TokenizerJson> tokenizer,
    List<TypeShare> types,
    List<FileJson> files,
    Map<String, Object> metadata,
    Optional<JsonNode> config,
    List<TensorJson> tensors) {

  record TokenizerJson(
      String model,
      Optional<String> preTokenizer,
      long tokens,
      List<VocabularyFacts.SpecialToken> specialTokens,
      Optional<String> chatTemplate) {
    static TokenizerJson of(VocabularyFacts facts) {
      return new TokenizerJson(
          facts.model(),
          facts.preTokenizer(),
          facts.tokens(),
          facts.specialTokens(),
          facts.chatTemplate());
    }
  }

  record FileJson(String name, long bytes, Optional<String> sha256) {
    static FileJson of(StoredFile file) {
      return new FileJson(String.valueOf(file.path().getFileName()), file.bytes(), file.sha256());
    }
  }

  /// @param shape outermost dimension first
  /// @param offset of the first byte, from the start of the file that holds the tensor
  record TensorJson(String name, String type, List<Long> shape, long offset, long bytes) {
    static TensorJson of(TensorInfo tensor) {
      return new TensorJson(
          tensor.name(),
          tensor.type().name(),
          LongStream.of(tensor.shape().toArray()).boxed().toList(),
          tensor.offset(),
          tensor.bytes());
    }
  }

  public static InspectionJson of(Inspection inspection) {
    ModelFacts facts = inspection.facts();
    Map<String, Object> metadata = new LinkedHashMap<>();
    inspection
        .stored()
        .metadata()
        .entries()
        .forEach((key, value) -> metadata.put(key, plain(value)));
    return new InspectionJson(
        inspection.path().toString(),
        inspection.stored().format(),
        inspection.stored().part(),
        facts.architecture(),
        facts.modelClass(),
        facts.name(),
        facts.fileType(),
        inspection.quantization(),
        inspection.parameters(),
        inspection.stored().bytes(),
        inspection.bitsPerWeight(),
        facts.size(SizeFact.CONTEXT_LENGTH),
        facts.size(SizeFact.VOCABULARY),
        facts.size(SizeFact.LAYERS),
        facts.size(SizeFact.PREDICTORS),
        facts.size(SizeFact.EMBEDDING_LENGTH),
        facts.size(SizeFact.FEED_FORWARD_LENGTH),
        facts.size(SizeFact.HEADS),
        facts.size(SizeFact.KV_HEADS),
        facts.size(SizeFact.EXPERTS),
        inspection.vocabulary().map(TokenizerJson::of),
        inspection.stored().types(),
        inspection.stored().files().stream().map(FileJson::of).toList(),
        metadata,
        inspection.configuration(),
        inspection.stored().tensors().stream().map(TensorJson::of).toList());
  }

  /// The value as plain Java; nested arrays are as deep as the reader of the file allows at most.
  private static Object plain(MetadataValue value) {
    return switch (value) {
      case MetadataValue.Uint8(int number) -> number;
      case MetadataValue.Int8(byte number) -> number;
      case MetadataValue.Uint16(int number) -> number;
      case MetadataValue.Int16(short number) -> number;
      case MetadataValue.Uint32(long number) -> number;
      case MetadataValue.Int32(int number) -> number;
      case MetadataValue.Float32(float number) -> number;
      case MetadataValue.Bool(boolean flag) -> flag;
      case MetadataValue.Text(String text) -> text;
      case MetadataValue.Uint64(long number) when number < 0 ->
          new BigInteger(Long.toUnsignedString(number));
      case MetadataValue.Uint64(long number) -> number;
      case MetadataValue.Int64(long number) -> number;
      case MetadataValue.Float64(double number) -> number;
      case MetadataValue.Array array -> array.values().stream().map(InspectionJson::plain).toList();
    };
  }
}

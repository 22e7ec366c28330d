package dev.zonda.cli.reports;

import com.fasterxml.jackson.annotation.Nulls;
import dev.zonda.cli.options.GateOptions;
import dev.zonda.cli.options.TextFile;
import dev.zonda.cli.render.Json;
import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.gguf.GgufModel;
import dev.zonda.verify.divergence.Comparison;
import dev.zonda.verify.divergence.ReferenceSide;
import dev.zonda.verify.divergence.StoredLogits;
import dev.zonda.verify.evaluation.Chunks;
import dev.zonda.verify.gates.Baseline;
import dev.zonda.verify.gates.Metric;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/// What a run of `zonda compare` found, kept for later ones. The JSON is this record.
///
/// @param baseline version of the format
/// @param text fingerprint of its tokens
/// @param context tokens per chunk
/// @param reference what was compared with
public record BaselineFile(
    int baseline,
    String text,
    int context,
    int chunks,
    Model reference,
    List<Candidate> candidates) {
  /// The first version did not record its models.
  private static final int VERSION = 2;

  private static final int MAX_BYTES = 32 << 20;
  private static final int MAX_DEPTH = 16;
  private static final int MAX_DIGITS = 32;

  /// Each metric of a chunk is a token: enough for four candidates with 10,000 chunks each.
  private static final long MAX_TOKENS = 500_000;

  private static final JsonMapper STRICT =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxTokenCount(MAX_TOKENS)
                          .maxNumberLength(MAX_DIGITS)
                          .build())
                  .build())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .changeDefaultNullHandling(nulls -> nulls.withValueNulls(Nulls.FAIL, Nulls.FAIL))
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  /// What tells a model from others without reading its weights.
  ///
  /// @param name file or folder, for messages
  /// @param bytes of its files
  /// @param header digest of what they hold besides values
  record Model(String name, long bytes, String header) {
    static Model of(GgufModel model) throws IOException {
      return new Model(model.name(), ModelSize.of(model).bytes(), model.headerDigest());
    }

    static Model of(ReferenceSide side) throws IOException {
      return switch (side) {
        case ReferenceSide.Model(GgufModel model) -> of(model);
        case ReferenceSide.Stored(StoredLogits logits) ->
            new Model(side.name(), Files.size(logits.file()), logits.headerDigest());
      };
    }

    private boolean isSame(Model other) {
      return bytes == other.bytes && header.equals(other.header);
    }

    private String differenceFrom(Model other) {
      return "%s (%d bytes%s) and not %s (%d bytes)"
          .formatted(
              name, bytes, bytes == other.bytes ? ", other contents" : "", other.name, other.bytes);
    }
  }

  /// The models of a comparison.
  public record Models(Model reference, List<Model> candidates) {
    public static Models of(ReferenceSide reference, List<GgufModel> candidates)
        throws IOException {
      List<Model> known = new ArrayList<>();
      for (GgufModel candidate : candidates) {
        known.add(Model.of(candidate));
      }
      return new Models(Model.of(reference), known);
    }
  }

  /// @param values of the whole text, for people
  /// @param chunkMeans of each metric, from which the values follow
  record Candidate(
      Model model, SequencedMap<String, Double> values, Map<String, double[]> chunkMeans) {}

  public static void write(
      Path file, OverwritePolicy policy, Models models, Chunks chunks, Comparison.Result result)
      throws IOException {
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < result.divergences().size(); i++) {
      SequencedMap<String, Double> values = new LinkedHashMap<>();
      SequencedMap<String, double[]> means = new LinkedHashMap<>();
      Map<Metric, double[]> own = new EnumMap<>(result.chunkMeans().get(i).means());
      own.forEach((metric, perChunk) -> {
        double sum = 0;
        for (double mean : perChunk) {
          sum += mean;
        }
        double value = metric.value(sum / perChunk.length);
        if (Double.isFinite(value)) {
          values.put(metric.label(), value);
        }
        means.put(metric.label(), perChunk);
      });
      candidates.add(new Candidate(models.candidates().get(i), values, means));
    }
    StringWriter json = new StringWriter();
    Json.write(
        new BaselineFile(
            VERSION,
            chunks.fingerprint(),
            chunks.context(),
            chunks.count(),
            models.reference(),
            candidates),
        json);
    AtomicFile.write(file, (json + "\n").getBytes(StandardCharsets.UTF_8), policy);
  }

  /// @param models that are compared now
  /// @throws FormatException if it is not a baseline, or not of this text and these models
  public static List<Baseline> read(
      Path file, Chunks chunks, Models models, GateOptions.Candidates which) throws IOException {
    BaselineFile found = parse(file);
    if (!found.text.equals(chunks.fingerprint()) || found.context != chunks.context()) {
      throw FormatException.in(
          file, "was measured on another text, or with another --ctx: measure it again");
    }
    if (found.candidates.size() != models.candidates().size()) {
      throw FormatException.in(
          file,
          "has %d candidates, but %d are compared: measure it again with the same number"
              .formatted(found.candidates.size(), models.candidates().size()));
    }
    if (!found.reference.isSame(models.reference())) {
      throw FormatException.in(
          file,
          "was measured with the reference "
              + found.reference.differenceFrom(models.reference())
              + ": measure it again");
    }
    List<Baseline> baselines = new ArrayList<>();
    for (int i = 0; i < found.candidates.size(); i++) {
      Candidate candidate = found.candidates.get(i);
      if (which == GateOptions.Candidates.THE_SAME
          && !candidate.model.isSame(models.candidates().get(i))) {
        throw FormatException.in(
            file,
            "was measured with candidate %d %s: give --other-candidates to accept it"
                .formatted(i + 1, candidate.model.differenceFrom(models.candidates().get(i))));
      }
      baselines.add(baseline(file, candidate.chunkMeans, chunks.count()));
    }
    return baselines;
  }

  private static BaselineFile parse(Path file) throws IOException {
    try {
      JsonNode json = STRICT.readTree(TextFile.read(file, MAX_BYTES));
      JsonNode version = json.path("baseline");
      if (version.isInt() && version.intValue() != VERSION) {
        throw FormatException.in(
            file,
            "is a baseline of version %d, expected version %d: measure it again"
                .formatted(version.intValue(), VERSION));
      }
      return Optional.ofNullable(STRICT.treeToValue(json, BaselineFile.class))
          .orElseThrow(() -> notABaseline(file, "it is empty"));
    } catch (StreamReadException e) {
      throw notABaseline(file, e.getOriginalMessage());
    } catch (JacksonException e) {
      String field =
          e.getPath().stream()
              .map(at -> at.getPropertyName() == null ? "" + at.getIndex() : at.getPropertyName())
              .collect(Collectors.joining("."));
      throw notABaseline(
          file,
          field.isEmpty()
              ? "it is not a JSON object"
              : field + " is missing or has the wrong type");
    }
  }

  private static FormatException notABaseline(Path file, String problem) {
    return FormatException.in(
        file, "is not a baseline of version %d: %s".formatted(VERSION, problem));
  }

  private static Baseline baseline(Path file, Map<String, double[]> means, int chunks)
      throws FormatException {
    Map<Metric, double[]> found = new EnumMap<>(Metric.class);
    for (Metric metric : Metric.values()) {
      if (metric.quantile().isEmpty()) {
        double[] values = means.getOrDefault(metric.label(), new double[0]);
        if (values.length < chunks) {
          throw FormatException.in(
              file,
              "has %d chunks of '%s', expected at least %d"
                  .formatted(values.length, metric.label(), chunks));
        }
        double[] own = Arrays.copyOf(values, chunks);
        for (double value : own) {
          // The samples of evaluations are made of single-precision numbers.
          if (!(Math.abs(value) <= Float.MAX_VALUE)) {
            throw FormatException.in(
                file,
                "'%s' is %s for a chunk, expected a finite number in single precision"
                    .formatted(metric.label(), value));
          }
        }
        found.put(metric, own);
      }
    }
    return new Baseline(found);
  }
}

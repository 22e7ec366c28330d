package dev.zonda.cli;

import com.fasterxml.jackson.annotation.Nulls;
import dev.zonda.cli.render.Json;
import dev.zonda.formats.AtomicFile;
import dev.zonda.formats.FormatException;
import dev.zonda.formats.OverwritePolicy;
import dev.zonda.formats.io.MappedFile;
import dev.zonda.verify.Chunks;
import dev.zonda.verify.Comparison;
import dev.zonda.verify.gates.Baseline;
import dev.zonda.verify.gates.Metric;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/// What a run of `zonda compare` found, kept for later ones. The JSON is this record.
///
/// @param baseline version of the form
/// @param text fingerprint of its tokens
/// @param context tokens per chunk
record BaselineFile(
    int baseline, String text, int context, int chunks, List<Candidate> candidates) {
  private static final int VERSION = 1;
  private static final long MAX_BYTES = 32L << 20;

  private static final JsonMapper STRICT =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .changeDefaultNullHandling(nulls -> nulls.withValueNulls(Nulls.FAIL, Nulls.FAIL))
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  /// @param values of the whole text, for people
  /// @param chunkMeans of each metric, from which the values follow
  record Candidate(
      String model, SequencedMap<String, Double> values, Map<String, double[]> chunkMeans) {}

  static void write(Path file, OverwritePolicy policy, Chunks chunks, Comparison.Result result)
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
      candidates.add(new Candidate(result.divergences().get(i).model(), values, means));
    }
    StringWriter json = new StringWriter();
    Json.write(
        new BaselineFile(
            VERSION, chunks.fingerprint(), chunks.context(), chunks.count(), candidates),
        json);
    AtomicFile.write(file, (json + "\n").getBytes(StandardCharsets.UTF_8), policy);
  }

  /// @param candidates how many are compared now
  /// @throws FormatException if it is no baseline, or not of this text
  static List<Baseline> read(Path file, Chunks chunks, int candidates) throws IOException {
    BaselineFile found = parse(file);
    if (!found.text.equals(chunks.fingerprint()) || found.context != chunks.context()) {
      throw FormatException.in(
          file, "was measured on another text, or with another --ctx: measure it again");
    }
    if (found.candidates.size() != candidates) {
      throw FormatException.in(
          file,
          "has %d candidates, and %d are compared".formatted(found.candidates.size(), candidates));
    }
    List<Baseline> baselines = new ArrayList<>();
    for (Candidate candidate : found.candidates) {
      baselines.add(baseline(file, candidate.chunkMeans, chunks.count()));
    }
    return baselines;
  }

  private static BaselineFile parse(Path file) throws IOException {
    try (MappedFile mapped = MappedFile.open(file)) {
      if (mapped.size() > MAX_BYTES) {
        throw FormatException.in(file, "is too large for a baseline");
      }
      byte[] json = mapped.bytes().toArray(ValueLayout.JAVA_BYTE);
      return Optional.ofNullable(STRICT.readValue(json, BaselineFile.class))
          .filter(found -> found.baseline == VERSION)
          .orElseThrow(() -> FormatException.in(file, "is no baseline of version " + VERSION));
    } catch (JacksonException e) {
      throw FormatException.in(
          file, "is no baseline of version %d: %s".formatted(VERSION, e.getOriginalMessage()), e);
    }
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
                file, "'%s' is %s for a chunk".formatted(metric.label(), value));
          }
        }
        found.put(metric, own);
      }
    }
    return new Baseline(found);
  }
}

package dev.zonda.verify.divergence;

import dev.zonda.verify.statistics.Estimate;
import dev.zonda.verify.statistics.Interval;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;

/// How far a candidate's predictions are from a reference's, on the same tokens in the same run.
///
/// @param model the candidate
/// @param kld Kullback-Leibler divergence of the candidate from the reference, in nats
/// @param ppl perplexities of both, and how they relate
/// @param deltaP candidate's minus reference's probability of the text's next token, in percent
/// @param sameTop share of positions where both find the same token most probable, in percent
/// @param sameTopError its standard error
/// @param tokens that were scored
/// @param chunks that were evaluated
/// @param reverseKld divergence of the reference from the candidate, in nats
/// @param jsd Jensen-Shannon divergence, in nats
/// @param topK how many of the most probable tokens are common
/// @param intervals 95 % intervals of metrics by name, if there are enough chunks
/// @param byPosition divergence by place in the context
/// @param byLayer relative error of the residual stream after each layer; empty if the networks
///   have different shapes, or the reference is a file of logits
/// @param worst tokens with the largest divergence
public record Divergence(
    String model,
    Kld kld,
    Ppl ppl,
    DeltaP deltaP,
    double sameTop,
    double sameTopError,
    int tokens,
    int chunks,
    MeanError reverseKld,
    MeanError jsd,
    List<TopK> topK,
    SequencedMap<String, Interval> intervals,
    List<PositionBand> byPosition,
    List<Double> byLayer,
    List<WorstToken> worst) {

  /// @param error the mean's standard error
  public record MeanError(double mean, double error) {
    static MeanError of(double[] samples) {
      Estimate estimate = Estimate.ofMean(samples);
      return new MeanError(estimate.value(), estimate.error());
    }
  }

  /// @param overlap mean share of the reference's `k` most probable tokens that are among the
  ///   candidate's, 0 to 1
  public record TopK(int k, double overlap, double error) {}

  /// @param from first position in the chunk
  /// @param to last position in the chunk
  public record PositionBand(int from, int to, double kld, double error) {}

  /// @param position in the chunk, of the token whose successor is predicted
  /// @param context the last tokens, this one included
  /// @param next the text's next token, with the probability that either model gives it
  /// @param referenceTop what the reference finds most probable
  /// @param text the tokens as text, once [#withTexts] has added it
  public record WorstToken(
      int chunk,
      int position,
      double kld,
      List<Integer> context,
      int next,
      double referenceP,
      double candidateP,
      int referenceTop,
      int candidateTop,
      Optional<TokenTexts> text) {}

  /// The tokens of a [WorstToken] as text.
  public record TokenTexts(String context, String next, String referenceTop, String candidateTop) {}

  /// This divergence with texts for the worst tokens.
  ///
  /// @param decoder makes text of tokens
  public Divergence withTexts(Function<List<Integer>, String> decoder) {
    List<WorstToken> described = worst.stream().map(token -> withTexts(token, decoder)).toList();
    return new Divergence(
        model,
        kld,
        ppl,
        deltaP,
        sameTop,
        sameTopError,
        tokens,
        chunks,
        reverseKld,
        jsd,
        topK,
        intervals,
        byPosition,
        byLayer,
        described);
  }

  private static WorstToken withTexts(WorstToken token, Function<List<Integer>, String> decoder) {
    return new WorstToken(
        token.chunk,
        token.position,
        token.kld,
        token.context,
        token.next,
        token.referenceP,
        token.candidateP,
        token.referenceTop,
        token.candidateTop,
        Optional.of(
            new TokenTexts(
                decoder.apply(token.context),
                decoder.apply(List.of(token.next)),
                decoder.apply(List.of(token.referenceTop)),
                decoder.apply(List.of(token.candidateTop)))));
  }

  /// @param mean over the positions, with its standard error; the rest are percentiles
  public record Kld(
      double mean,
      double error,
      double max,
      double p999,
      double p99,
      double p95,
      double p90,
      double median,
      double p10,
      double p05,
      double p01,
      double p001,
      double min) {}

  /// @param ratio candidate's by reference's perplexity
  /// @param lnRatio its logarithm: the mean difference of log-likelihoods
  /// @param correlation of the two models' log-likelihoods, from -1 to 1
  public record Ppl(
      double reference,
      double referenceError,
      double candidate,
      double candidateError,
      double ratio,
      double ratioError,
      double lnRatio,
      double lnRatioError,
      double difference,
      double differenceError,
      double correlation) {}

  /// @param rms root of the mean square; the rest are percentiles
  public record DeltaP(
      double mean,
      double error,
      double rms,
      double rmsError,
      double max,
      double p999,
      double p99,
      double p95,
      double p90,
      double p75,
      double median,
      double p25,
      double p10,
      double p05,
      double p01,
      double p001,
      double min) {}
}

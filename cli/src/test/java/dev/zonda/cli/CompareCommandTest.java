package dev.zonda.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.zonda.cli.render.Sizes;
import dev.zonda.testdata.TestData;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class CompareCommandTest {
  private static final String MODEL = TestData.shakespeareMistral().toString();
  private static final String TEXT =
      TestData.path("models/shakespeare-mistral.reference/text.txt").toString();

  @TempDir private static Path models;
  @TempDir private Path folder;

  private static String candidate;

  @BeforeAll
  static void quantize() {
    candidate = models.resolve("q.gguf").toString();
    assertEquals(0, CliRun.of("convert", MODEL, "-t", "Q4_0", "-o", candidate).exitCode());
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private static CliRun compare(int chunks, String... more) {
    List<String> line =
        new ArrayList<>(
            List.of("compare", MODEL, candidate, "-f", TEXT, "--ctx", "64", "--chunks"));
    line.add(Integer.toString(chunks));
    line.addAll(List.of(more));
    return CliRun.of(line.toArray(String[]::new));
  }

  private static JsonNode json(CliRun run) {
    return JsonMapper.shared().readTree(run.out());
  }

  @Test
  void everyStatisticIsThere() {
    CliRun run = compare(8, "--json");
    assertEquals(0, run.exitCode(), run.err());
    JsonNode json = json(run);
    assertEquals(
        "[reference, chunks, of_chunks, candidates, gates, verdict, passed, summary]",
        json.propertyNames().toString());
    JsonNode found = json.at("/candidates/0");
    double kld = found.at("/kld/mean").asDouble();
    assertTrue(kld > 1e-4 && kld < 0.1, run.out());
    assertTrue(found.at("/kld/p99").asDouble() >= kld);
    assertTrue(found.at("/kld/max").asDouble() >= found.at("/kld/p99").asDouble());
    assertTrue(found.at("/ppl/reference").asDouble() > 1);
    assertTrue(found.at("/ppl/ratio").asDouble() > 0.5);
    assertTrue(found.at("/same_top").asDouble() > 50);
    assertTrue(found.at("/reverse_kld/mean").asDouble() > 1e-4);
    assertTrue(found.at("/jsd/mean").asDouble() < kld);
    assertEquals(3, found.at("/top_k").size());
    assertTrue(found.at("/intervals").at("/kld.mean/low").asDouble() < kld);
    assertTrue(found.at("/intervals").at("/kld.mean/high").asDouble() > kld);
    assertEquals(8, found.at("/by_position").size());
    assertEquals(4, found.at("/by_layer").size());
    assertEquals(10, found.at("/worst").size());
    assertFalse(found.at("/worst/0/text/context").asString().isEmpty());
    assertEquals("passed", json.at("/verdict").asString());
    JsonNode summary = json.at("/summary/candidates/0");
    assertEquals(Path.of(candidate).toFile().length(), summary.at("/bytes").asLong());
    assertEquals(16, json.at("/summary/reference/bits_per_weight").asDouble(), 0.1);
    assertEquals("same", summary.at("/closeness").asString());
    assertEquals(0.1, summary.at("/usual_kld").asDouble());
    assertFalse(summary.at("/unusual").asBoolean());
  }

  /// The end is what the demo shows: what each figure means, and what it comes to.
  @Test
  void whatItComesToIsSaid() {
    CliRun run = compare(8);
    assertEquals(0, run.exitCode(), run.err());
    for (String part :
        List.of(
            "how far its predictions have moved",
            "how often its first choice is the same",
            "Verdict: 30 % of the size, perplexity +",
            "practically the same model.\nA divergence of up to 0.1 is usual for 4.8 bits per"
                + " weight.",
            "Give --details to see all statistics")) {
      assertTrue(run.out().contains(part), part + " is missing in " + run.out());
    }
    assertFalse(run.out().contains("Jensen-Shannon"), run.out());
    assertTrue(run.out().lines().count() < 20, run.out());
  }

  /// A model that is another one shows, whatever its bits.
  @Test
  void whatIsMoreThanUsualIsSaid() {
    String other = models.resolve("other.gguf").toString();
    CliRun made =
        CliRun.of(
            "convert",
            MODEL,
            "-t",
            "Q8_0",
            "--override-kv",
            "llama.rope.freq_base=float:100",
            "-o",
            other);
    assertEquals(0, made.exitCode(), made.err());
    CliRun run =
        CliRun.of("compare", MODEL, candidate, other, "-f", TEXT, "--ctx", "64", "--chunks", "8");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.out().contains("Verdict on q.gguf: "), run.out());
    assertTrue(run.out().contains("Verdict on other.gguf: "), run.out());
    assertTrue(run.out().contains("THAT IS MORE THAN USUAL"), run.out());
    assertTrue(run.out().contains("docs/accuracy.md"), run.out());
  }

  /// On a narrow terminal nothing is cut off.
  @Test
  void summaryFitsSixtyColumns() {
    CliRun run =
        CliRun.onTerminal(
            60,
            "compare",
            MODEL,
            candidate,
            "-f",
            TEXT,
            "--ctx",
            "64",
            "--chunks",
            "4",
            "--gate",
            "kld.mean<0.1",
            "--no-early-stop");
    assertEquals(5, run.exitCode(), run.err());
    run.out()
        .lines()
        .filter(line -> !line.contains(MODEL))
        .forEach(line -> assertTrue(line.length() <= 60, line));
  }

  @Test
  void tablesAreForPeople() {
    CliRun run = compare(8, "--gate", "kld.mean<0.1", "--details");
    assertEquals(0, run.exitCode(), run.err());
    for (String part :
        List.of(
            "mean KLD",
            "95 % interval",
            "Jensen-Shannon",
            "KLD at positions 32 to ",
            "relative error after layer 3",
            "worst of q.gguf",
            "kld.mean<0.1",
            "passed")) {
      assertTrue(run.out().contains(part), part + " is missing in " + run.out());
    }
  }

  @Test
  void gatesDecideOnTheExitCode() {
    assertEquals(0, compare(16, "--gate", "kld.mean<0.1", "--gate", "top1>0.5").exitCode());
    CliRun failed = compare(16, "--gate", "kld.mean<1e-9", "--gate", "top1>0.5");
    assertEquals(1, failed.exitCode());
    assertTrue(failed.out().contains("FAILED"), failed.out());
    double kld = json(compare(16, "--json")).at("/candidates/0/kld/mean").asDouble();
    CliRun undecided = compare(16, "--gate", "kld.mean<" + kld, "--gate", "top1>0.5");
    assertEquals(5, undecided.exitCode());
    assertTrue(undecided.out().contains("UNDECIDED"), undecided.out());
    assertTrue(
        undecided.out().contains("no text would decide it: choose another limit"), undecided.out());
    assertEquals(1, compare(16, "--gate", "kld.mean<" + kld, "--gate", "top1>0.999").exitCode());
    assertEquals(5, compare(4, "--gate", "kld.mean<100").exitCode(), "too few chunks");
  }

  /// Who reads UNDECIDED wants to know why, and what to do.
  @Test
  void undecidedSaysHowMuchTextIsNeeded() {
    String few = compare(4, "--gate", "kld.mean<100").out().replaceAll("\\s+", " ");
    assertTrue(
        few.contains(
            "there are 4 chunks of 64 tokens, and a verdict needs at least 8. Give a text of"
                + " 512 tokens or more"),
        few);
    double kld = json(compare(16, "--json")).at("/candidates/0/kld/mean").asDouble();
    String gate = "kld.mean<" + 1.1 * kld;
    CliRun run = compare(16, "--gate", gate);
    assertEquals(5, run.exitCode(), run.out());
    String said = run.out().replaceAll("\\s+", " ");
    assertTrue(said.contains("on either side of the limit. If it stays "), said);
    JsonNode found = json(compare(16, "--gate", gate, "--json")).at("/gates/0");
    int needed = found.at("/needed_chunks").asInt();
    assertTrue(needed > 16 && needed < 10_000, found.toString());
    assertTrue(said.contains("about %s chunks (".formatted(Sizes.exact(needed))), said);
  }

  @Test
  void gatesComeFromAFile() throws IOException {
    Files.writeString(
        folder.resolve("gates.txt"),
        "# for the build server\n\nkld.mean<0.1  # nats\r\n  same_top > 50\ntop1>50%\n");
    JsonNode found = json(compare(8, "--gates", file("gates.txt"), "--gate", "top5>0.5", "--json"));
    assertEquals(4, found.at("/gates").size());
    assertEquals("same_top > 50", found.at("/gates/2/gate").asString());
    assertEquals(50, found.at("/gates/2/limit").asDouble());
    assertEquals(
        found.at("/candidates/0/same_top").asDouble(), found.at("/gates/2/found").asDouble(), 1e-9);
    assertEquals(0.5, found.at("/gates/3/limit").asDouble());
    Files.writeString(folder.resolve("gates.txt"), "kld.mean<0.1\nkld.mean\n");
    CliRun wrong = compare(8, "--gates", file("gates.txt"));
    assertEquals(3, wrong.exitCode());
    assertTrue(wrong.err().contains("gates.txt: line 2: 'kld.mean' is not a gate"), wrong.err());
    Files.writeString(folder.resolve("gates.txt"), "# none\n");
    assertTrue(compare(8, "--gates", file("gates.txt")).err().contains("holds no gate"));
  }

  @Test
  void itStopsEarlyUnlessToldOtherwise() {
    JsonNode early = json(compare(16, "--gate", "kld.mean<0.5", "--json"));
    assertEquals(8, early.get("chunks").asInt());
    assertEquals(16, early.get("of_chunks").asInt());
    assertEquals(8, early.at("/gates/0/chunks").asInt());
    JsonNode whole = json(compare(16, "--gate", "kld.mean<0.5", "--json", "--no-early-stop"));
    assertEquals(16, whole.get("chunks").asInt());
    assertEquals("passed", whole.at("/gates/0/verdict").asString());
    assertEquals(0.5, whole.at("/gates/0/limit").asDouble());
    assertTrue(whole.at("/gates/0/interval/high").asDouble() < 0.5);
  }

  @Test
  void reportsAreForMachines() throws Exception {
    CliRun run =
        compare(
            16,
            "--gate",
            "kld.mean<0.1",
            "--gate",
            "kld.mean<1e-6",
            "--gate",
            "top1>0.5",
            "--junit",
            file("gates.xml"),
            "--markdown",
            file("result.md"),
            "-q");
    assertEquals(1, run.exitCode(), run.err());
    Document xml =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(
                new InputSource(new StringReader(Files.readString(folder.resolve("gates.xml")))));
    Element suite = (Element) xml.getElementsByTagName("testsuite").item(0);
    assertEquals(candidate, suite.getAttribute("name"));
    assertEquals("3", suite.getAttribute("tests"));
    assertEquals("1", suite.getAttribute("failures"));
    assertEquals("0", suite.getAttribute("errors"));
    assertTrue(Double.parseDouble(suite.getAttribute("time")) > 0, suite.getAttribute("time"));
    Element first = (Element) suite.getElementsByTagName("testcase").item(0);
    assertTrue(Double.parseDouble(first.getAttribute("time")) > 0, first.getAttribute("time"));
    assertTrue(
        first.getTextContent().strip().matches("found 0\\.\\d+ \\(.* to .*\\), limit 0\\.1.*"));
    Element failure = (Element) xml.getElementsByTagName("failure").item(0);
    assertTrue(failure.getAttribute("message").startsWith("failed: found 0."));
    assertEquals("kld.mean<1e-6", ((Element) failure.getParentNode()).getAttribute("name"));
    String markdown = Files.readString(folder.resolve("result.md"));
    assertTrue(markdown.contains("**Gates: failed**"), markdown);
    assertTrue(markdown.contains("| kld.mean\\<0.1 | q.gguf | "), markdown);
    assertTrue(markdown.contains("\nVerdict: 30 % of the size, perplexity "), markdown);
    assertTrue(markdown.contains("\n| mean KLD | 0."), markdown);
    // They are replaced on the next run.
    assertEquals(0, compare(8, "--gate", "kld.mean<0.1", "--junit", file("gates.xml")).exitCode());
  }

  @Test
  void undecidedGatesAreErrorsToBuildServers() throws IOException {
    assertEquals(5, compare(4, "--gate", "kld.mean<1", "--junit", file("gates.xml")).exitCode());
    assertTrue(Files.readString(folder.resolve("gates.xml")).contains("errors=\"1\""));
  }

  @Test
  void laterRunsAreComparedWithABaseline() throws IOException {
    assertEquals(0, compare(16, "--write-baseline", file("base.json")).exitCode());
    assertEquals(2, compare(16, "--write-baseline", file("base.json")).exitCode(), "it exists");
    CliRun same =
        compare(
            16,
            "--baseline",
            file("base.json"),
            "--gate",
            "kld.mean<+1%",
            "--gate",
            "top1>-0.1%",
            "--gate",
            "ppl.ratio<+0.1%");
    assertEquals(0, same.exitCode(), same.out() + same.err());
    assertEquals(
        1, compare(16, "--baseline", file("base.json"), "--gate", "kld.mean<-10%").exitCode());
    // Fewer chunks of the same text will do, another context will not.
    assertEquals(
        0, compare(8, "--baseline", file("base.json"), "--gate", "kld.mean<+1%").exitCode());
    CliRun other =
        CliRun.of(
            "compare",
            MODEL,
            candidate,
            "-f",
            TEXT,
            "--ctx",
            "128",
            "--baseline",
            file("base.json"),
            "--gate",
            "kld.mean<+1%");
    assertEquals(3, other.exitCode());
    assertTrue(other.err().contains("was measured on another text"), other.err());
    CliRun more = compare(17, "--baseline", file("base.json"), "--gate", "kld.mean<+1%");
    assertEquals(3, more.exitCode());
    assertTrue(more.err().contains("has 16 chunks of 'kld.mean', expected at least 17"));
  }

  /// What was measured on other models says nothing about these.
  @Test
  void baselinesKnowTheirModels() throws IOException {
    String base = file("base.json");
    assertEquals(0, compare(8, "--write-baseline", base).exitCode());
    String other = models.resolve("q5.gguf").toString();
    assertEquals(0, CliRun.of("convert", MODEL, "-t", "Q5_0", "-o", other, "--force").exitCode());
    List<String> line =
        List.of("-f", TEXT, "--ctx", "64", "--chunks", "8", "--baseline", base, "--gate");
    CliRun candidates = compared(MODEL, other, line, "kld.mean<+1%");
    assertEquals(3, candidates.exitCode());
    assertTrue(candidates.err().contains("was measured with candidate 1 "), candidates.err());
    assertTrue(candidates.err().contains("give --other-candidates"), candidates.err());
    assertEquals(0, compared(MODEL, other, line, "kld.mean<+1%", "--other-candidates").exitCode());
    for (String option : List.of("--verbose", "--other-candidates")) {
      CliRun reference = compared(other, candidate, line, "kld.mean<+1%", option);
      assertEquals(3, reference.exitCode());
      assertTrue(
          reference.err().contains("was measured with the reference " + MODEL), reference.err());
    }
    // The same weights under another name, in a file of the same size.
    byte[] bytes = Files.readAllBytes(Path.of(candidate));
    String key = "general.name";
    int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(key);
    bytes[at + key.length() + Integer.BYTES + Long.BYTES]++;
    String renamed = Files.write(models.resolve("renamed.gguf"), bytes).toString();
    CliRun content = compared(MODEL, renamed, line, "kld.mean<+1%");
    assertEquals(3, content.exitCode(), content.err());
    assertTrue(content.err().contains("bytes, other contents)"), content.err());
  }

  private static CliRun compared(
      String reference, String candidate, List<String> line, String... more) {
    List<String> words = new ArrayList<>(List.of("compare", reference, candidate));
    words.addAll(line);
    words.addAll(List.of(more));
    return CliRun.of(words.toArray(String[]::new));
  }

  @Test
  void hostileBaselinesAreRefused() throws IOException {
    assertEquals(0, compare(8, "--write-baseline", file("base.json")).exitCode());
    String whole = Files.readString(folder.resolve("base.json"));
    String kld = "\"kld.mean\" : [ ";
    assertTrue(whole.contains(kld), whole);
    Map<String, String> hostile = new LinkedHashMap<>();
    hostile.put("", "is not a baseline of version 2");
    hostile.put("null", "is not a baseline of version 2");
    hostile.put("[]", "is not a baseline of version 2");
    hostile.put("{\"baseline\": 2", "is not a baseline of version 2");
    hostile.put("[".repeat(100_000), "is not a baseline of version 2");
    hostile.put(whole + "x", "is not a baseline of version 2");
    hostile.put(whole.replace("\"baseline\" : 2", "\"baseline\" : 1"), "expected version 2");
    hostile.put(whole.replace("\"baseline\" : 2", "\"baseline\" : \"2\""), "of version 2");
    hostile.put(whole.replace("\"text\"", "\"text\" : null, \"other\""), "of version 2");
    hostile.put(whole.replace("\"text\"", "\"context\" : 64, \"text\""), "of version 2");
    hostile.put(
        whole.replaceFirst("(?s)\"candidates\" : .*", "\"candidates\" : [ null ] }"),
        "of version 2");
    hostile.put(whole.replace(kld, kld + "null, "), "of version 2");
    hostile.put(whole.replace(kld, kld + "\"1\", "), "of version 2");
    hostile.put(whole.replace(kld, kld + "1e999, "), "'kld.mean' is Infinity for a chunk");
    hostile.put(whole.replace(kld, kld + "-1e308, "), "'kld.mean' is -1.0E308 for a chunk");
    hostile.put(whole.replace(kld, kld + "], \"x\" : [ "), "has 0 chunks of 'kld.mean'");
    hostile.put(whole.replace("\"kld.mean\"", "\"x\""), "has 0 chunks of 'kld.mean'");
    hostile.put(
        whole.replaceFirst("(?s)\"candidates\" : .*", "\"candidates\" : [ ] }"),
        "has 0 candidates, but 1 are compared");
    for (var bad : hostile.entrySet()) {
      Files.writeString(folder.resolve("bad.json"), bad.getKey());
      CliRun run = compare(8, "--baseline", file("bad.json"), "--gate", "kld.mean<+1%");
      assertEquals(3, run.exitCode(), run.err());
      assertEquals(1, run.err().lines().count(), run.err());
      assertTrue(run.err().contains(bad.getValue()), run.err() + bad.getValue());
    }
    CliRun device = compare(8, "--baseline", "/dev/zero", "--gate", "kld.mean<+1%");
    assertEquals(3, device.exitCode(), device.err());
  }

  @Test
  void logitsAreExchangedWithTheReferenceTool() {
    CliRun save =
        CliRun.of(
            "perplexity",
            MODEL,
            "-f",
            TEXT,
            "--ctx",
            "64",
            "--chunks",
            "8",
            "--save-logits",
            file("base.kld"));
    assertEquals(0, save.exitCode(), save.err());
    CliRun stored = CliRun.of("compare", file("base.kld"), candidate, "--json");
    assertEquals(0, stored.exitCode(), stored.err());
    double expected = json(compare(8, "--json")).at("/candidates/0/kld/mean").asDouble();
    double found = json(stored).at("/candidates/0/kld/mean").asDouble();
    assertEquals(expected, found, 0.01 * expected + 3e-6);
    assertEquals(0, json(stored).at("/candidates/0/by_layer").size());

    CliRun again =
        CliRun.of(
            "perplexity", MODEL, "-f", TEXT, "--ctx", "64", "--save-logits", file("base.kld"));
    assertEquals(2, again.exitCode(), "it exists");
    CliRun twoTexts = CliRun.of("compare", file("base.kld"), candidate, "-f", TEXT);
    assertEquals(2, twoTexts.exitCode());
    assertTrue(twoTexts.err().contains("has its own text and chunks"), twoTexts.err());
  }

  @Test
  void linesWithoutSenseAreUsageErrors() {
    assertUsage("the text is missing: give -f TEXT", "compare", MODEL, candidate);
    assertUsage("'kld' is not a metric", line("--gate", "kld<1"));
    assertUsage("a share is from 0 to 1", line("--gate", "top1>95"));
    assertUsage("gates in percent with a sign need a baseline", line("--gate", "kld.mean<+1%"));
    assertUsage("--confidence is 1.0", line("--gate", "kld.mean<1", "--confidence", "1"));
    assertUsage("is an input: name another file", line("--markdown", TEXT));
  }

  private static String[] line(String... more) {
    List<String> line =
        new ArrayList<>(
            List.of("compare", MODEL, candidate, "-f", TEXT, "--ctx", "64", "--chunks", "2"));
    line.addAll(List.of(more));
    return line.toArray(String[]::new);
  }

  private static void assertUsage(String message, String... line) {
    CliRun run = CliRun.of(line);
    assertEquals(2, run.exitCode(), run.err());
    assertTrue(run.err().contains(message), run.err());
  }
}

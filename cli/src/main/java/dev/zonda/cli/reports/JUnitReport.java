package dev.zonda.cli.reports;

import dev.zonda.cli.render.SafeText;
import dev.zonda.cli.render.Sizes;
import dev.zonda.verify.gates.GateOutcome;
import dev.zonda.verify.gates.Verdict;
import java.io.StringWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/// Gates as the XML that build servers read: a suite per candidate, a case per gate with its time
/// and value. A gate that is undecided is an error, so that no server takes it for passed.
final class JUnitReport {
  private static final String NAME = "zonda compare";

  private final StringWriter text = new StringWriter();
  private final XMLStreamWriter xml;

  /// Elements that are open.
  private int depth;

  private JUnitReport() throws XMLStreamException {
    xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
  }

  /// What an element holds.
  @FunctionalInterface
  private interface Content {
    void write() throws XMLStreamException;
  }

  static String of(CompareReport report) {
    SequencedMap<String, List<GateOutcome>> byCandidate =
        report.gates().stream()
            .collect(
                Collectors.groupingBy(
                    GateOutcome::candidate, LinkedHashMap::new, Collectors.toList()));
    return whole(document -> {
      for (var candidate : byCandidate.entrySet()) {
        document.suite(candidate.getKey(), candidate.getValue(), report);
      }
    });
  }

  /// A run without a result: an error, so that no server takes it for passed.
  static String ofFailure(String message) {
    return whole(document ->
        document.element(
            "testsuite",
            () -> {
              document.counts(NAME, 1, 0, 1);
              document.element(
                  "testcase",
                  () -> {
                    document.attribute("name", "comparison");
                    document.attribute("classname", NAME);
                    document.element("error", () -> document.attribute("message", message));
                  });
            }));
  }

  /// Writes the suites of a document.
  @FunctionalInterface
  private interface Suites {
    void into(JUnitReport document) throws XMLStreamException;
  }

  private static String whole(Suites suites) {
    try {
      JUnitReport document = new JUnitReport();
      document.xml.writeStartDocument("UTF-8", "1.0");
      document.element(
          "testsuites",
          () -> {
            document.attribute("name", NAME);
            suites.into(document);
          });
      document.xml.writeEndDocument();
      document.xml.close();
      return document.text + "\n";
    } catch (XMLStreamException e) {
      throw new IllegalStateException(e);
    }
  }

  private void suite(String candidate, List<GateOutcome> gates, CompareReport report)
      throws XMLStreamException {
    element(
        "testsuite",
        () -> {
          counts(
              candidate,
              gates.size(),
              count(gates, Verdict.FAILED),
              count(gates, Verdict.UNDECIDED));
          attribute("time", seconds(report.elapsed()));
          for (GateOutcome gate : gates) {
            testCase(gate, report);
          }
        });
  }

  private void testCase(GateOutcome gate, CompareReport report) throws XMLStreamException {
    element(
        "testcase",
        () -> {
          attribute("name", gate.gate().text());
          attribute("classname", gate.candidate());
          attribute("time", seconds(report.elapsed(gate)));
          switch (gate.verdict()) {
            case PASSED -> {}
            case FAILED -> problem("failure", "failed: " + GateTexts.found(gate));
            case UNDECIDED ->
                problem("error", "undecided: " + GateTexts.doubt(gate, report.context()));
          }
          element("system-out", () -> xml.writeCharacters(SafeText.line(GateTexts.found(gate))));
        });
  }

  private void problem(String kind, String message) throws XMLStreamException {
    element(kind, () -> attribute("message", message));
  }

  private void counts(String name, int tests, int failures, int errors) throws XMLStreamException {
    attribute("name", name);
    attribute("tests", Integer.toString(tests));
    attribute("failures", Integer.toString(failures));
    attribute("errors", Integer.toString(errors));
  }

  private static int count(List<GateOutcome> gates, Verdict verdict) {
    return (int) gates.stream().filter(gate -> gate.verdict() == verdict).count();
  }

  private static String seconds(Duration duration) {
    return Sizes.decimals(duration.toMillis() / 1000.0, 3);
  }

  /// An element on lines of its own.
  private void element(String name, Content content) throws XMLStreamException {
    xml.writeCharacters("\n" + "  ".repeat(depth));
    xml.writeStartElement(name);
    depth++;
    int before = text.getBuffer().length();
    content.write();
    depth--;
    if (text.getBuffer().substring(before).contains("\n")) {
      xml.writeCharacters("\n" + "  ".repeat(depth));
    }
    xml.writeEndElement();
  }

  /// XML does not allow control characters.
  private void attribute(String name, String value) throws XMLStreamException {
    xml.writeAttribute(name, SafeText.line(value));
  }
}

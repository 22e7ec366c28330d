package dev.zonda.cli;

import dev.zonda.cli.CompareReport.GateReport;
import dev.zonda.cli.render.SafeText;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/// Gates as the XML that build servers read: a suite per candidate, a case per gate. A gate that is
/// undecided is an error, so that no server takes it for passed.
final class JUnitReport {
  private JUnitReport() {}

  static String of(CompareReport report) {
    StringWriter text = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
      xml.writeStartDocument("UTF-8", "1.0");
      xml.writeStartElement("testsuites");
      SequencedMap<String, List<GateReport>> byCandidate =
          report.gates().stream()
              .collect(
                  Collectors.groupingBy(
                      GateReport::candidate, LinkedHashMap::new, Collectors.toList()));
      for (var candidate : byCandidate.entrySet()) {
        suite(xml, candidate.getKey(), candidate.getValue());
      }
      xml.writeEndElement();
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException e) {
      throw new IllegalStateException(e);
    }
    return text + "\n";
  }

  /// A run that came to no result: an error, so that no server takes it for passed.
  static String ofFailure(String message) {
    StringWriter text = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
      xml.writeStartDocument("UTF-8", "1.0");
      xml.writeStartElement("testsuites");
      xml.writeCharacters("\n  ");
      xml.writeStartElement("testsuite");
      attribute(xml, "name", "zonda compare");
      attribute(xml, "tests", "1");
      attribute(xml, "failures", "0");
      attribute(xml, "errors", "1");
      xml.writeCharacters("\n    ");
      xml.writeStartElement("testcase");
      attribute(xml, "name", "comparison");
      attribute(xml, "classname", "zonda compare");
      xml.writeCharacters("\n      ");
      xml.writeEmptyElement("error");
      attribute(xml, "message", message);
      xml.writeCharacters("\n    ");
      xml.writeEndElement();
      xml.writeCharacters("\n  ");
      xml.writeEndElement();
      xml.writeCharacters("\n");
      xml.writeEndElement();
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException e) {
      throw new IllegalStateException(e);
    }
    return text + "\n";
  }

  private static void suite(XMLStreamWriter xml, String candidate, List<GateReport> gates)
      throws XMLStreamException {
    xml.writeCharacters("\n  ");
    xml.writeStartElement("testsuite");
    attribute(xml, "name", candidate);
    attribute(xml, "tests", Integer.toString(gates.size()));
    attribute(xml, "failures", count(gates, "failed"));
    attribute(xml, "errors", count(gates, "undecided"));
    for (GateReport gate : gates) {
      xml.writeCharacters("\n    ");
      xml.writeStartElement("testcase");
      attribute(xml, "name", gate.gate());
      attribute(xml, "classname", candidate);
      switch (gate.verdict()) {
        case "failed" -> problem(xml, "failure", gate);
        case "undecided" -> problem(xml, "error", gate);
        default -> {}
      }
      xml.writeEndElement();
    }
    xml.writeCharacters("\n  ");
    xml.writeEndElement();
  }

  private static String count(List<GateReport> gates, String verdict) {
    return Long.toString(gates.stream().filter(gate -> gate.verdict().equals(verdict)).count());
  }

  private static void problem(XMLStreamWriter xml, String kind, GateReport gate)
      throws XMLStreamException {
    xml.writeCharacters("\n      ");
    xml.writeEmptyElement(kind);
    attribute(
        xml,
        "message",
        "%s: found %s%s after %d chunks"
            .formatted(
                gate.verdict(),
                CompareFigures.general(gate.found()),
                gate.interval()
                    .map(range ->
                        " (%s to %s)"
                            .formatted(
                                CompareFigures.general(range.low()),
                                CompareFigures.general(range.high())))
                    .orElse(""),
                gate.chunks()));
    xml.writeCharacters("\n    ");
  }

  /// XML knows no control characters.
  private static void attribute(XMLStreamWriter xml, String name, String value)
      throws XMLStreamException {
    xml.writeAttribute(name, SafeText.line(value));
  }
}

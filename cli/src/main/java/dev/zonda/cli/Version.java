package dev.zonda.cli;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/// The version in the jar's manifest, and the Java that runs it.
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version =
        Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
            .orElse("(unpackaged)");
    return new String[] {"zonda " + version + ", Java " + Runtime.version()};
  }
}

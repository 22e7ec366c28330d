import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/// Raises old classes in a jar to the version of this JDK, with the stack maps that it requires.
///
/// The JVM's ahead-of-time cache refuses classes older than version 50 (Java 6), and picocli's are
/// of version 49: without this step none of them would be in the cache. Nothing else changes.
///
/// Run by `prepare` as a source file, with the jar as its argument.
final class ModernClasses {
  private static final int OLDEST_CACHED = ClassFile.JAVA_6_VERSION;

  private ModernClasses() {}

  public static void main(String... args) throws IOException {
    Path jar = Path.of(args[0]);
    Path part = jar.resolveSibling(jar.getFileName() + ".part");
    boolean changed;
    try (JarFile source = new JarFile(jar.toFile());
        URLClassLoader classes = new URLClassLoader(new URL[] {jar.toUri().toURL()});
        ZipOutputStream target = new ZipOutputStream(Files.newOutputStream(part))) {
      changed = copy(source, classFile(classes), target);
    }
    if (changed) {
      Files.move(part, jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } else {
      Files.delete(part);
    }
  }

  /// Stack maps need the common superclass of two classes: looked up without loading them.
  private static ClassFile classFile(ClassLoader classes) {
    return ClassFile.of(
        ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
        ClassFile.ConstantPoolSharingOption.NEW_POOL,
        ClassFile.ClassHierarchyResolverOption.of(
            ClassHierarchyResolver.ofResourceParsing(classes)));
  }

  private static boolean copy(JarFile source, ClassFile classFile, ZipOutputStream out)
      throws IOException {
    boolean changed = false;
    for (ZipEntry entry : Collections.list(source.entries())) {
      byte[] bytes;
      try (InputStream in = source.getInputStream(entry)) {
        bytes = in.readAllBytes();
      }
      if (entry.getName().endsWith(".class")) {
        ClassModel model = classFile.parse(bytes);
        if (model.majorVersion() < OLDEST_CACHED) {
          bytes = modern(classFile, model);
          changed = true;
        }
      }
      ZipEntry copy = new ZipEntry(entry.getName());
      copy.setTime(entry.getTime());
      out.putNextEntry(copy);
      out.write(bytes);
    }
    return changed;
  }

  private static byte[] modern(ClassFile classFile, ClassModel model) {
    return classFile.transformClass(
        model,
        (builder, element) -> {
          if (element instanceof ClassFileVersion) {
            builder.withVersion(ClassFile.latestMajorVersion(), 0);
          } else {
            builder.with(element);
          }
        });
  }
}

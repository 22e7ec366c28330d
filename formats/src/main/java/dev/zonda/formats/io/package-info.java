/// How the parsers get at bytes: files mapped into memory, a bounded cursor and a bounded JSON
/// reader over them, and a folder that nothing leaves.
package dev.zonda.formats.io;

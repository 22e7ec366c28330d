/// How the parsers get at bytes: files mapped into memory, a bounded cursor and a bounded JSON
/// reader over them, and a folder that nothing leaves; and how the writers put tensors in their
/// places.
package dev.zonda.formats.io;

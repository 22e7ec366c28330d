/// How the parsers get at bytes: files mapped into memory, and a bounded cursor over them. Nothing
/// else in this module reads bytes that a stranger wrote.
package dev.zonda.formats.io;

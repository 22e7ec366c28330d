/// Patterns for tensor names, in the syntax of llama.cpp's tools, with a bound on the time that
/// searching takes.
package dev.zonda.quantize.pattern;

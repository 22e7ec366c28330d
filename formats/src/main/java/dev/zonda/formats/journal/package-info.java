/// What is known of an output that is not complete: which run writes it, and which of its bytes are
/// there. Start at [Journal].
package dev.zonda.formats.journal;

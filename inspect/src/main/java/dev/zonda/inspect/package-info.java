/// What a checkpoint contains, as records that the command line renders. Start at [Inspection].
///
/// Everything here except [FileHash] is computed from headers, so it takes no longer for a large
/// model than for a small one.
package dev.zonda.inspect;

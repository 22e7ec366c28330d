/// What a checkpoint contains, as records that the command line renders. Start at [Inspection].
///
/// Everything here is computed from headers, [FileHash] apart, so it takes no longer for a large
/// model than for a small one.
package dev.zonda.inspect;

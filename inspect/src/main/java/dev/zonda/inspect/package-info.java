/// What a checkpoint contains, as records that the command line renders.
package dev.zonda.inspect;

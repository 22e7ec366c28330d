/// JMH benchmarks of kernels and codecs.
package dev.zonda.benchmarks;

/// Golden files and small models, for tests and benchmarks only.
package dev.zonda.testdata;

/// What values become: which type each tensor gets, and the pipeline that gets it there.
package dev.zonda.quantize;

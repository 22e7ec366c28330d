/// How results look: tables, JSON, sizes, progress. Start at [Console]. Knows no command.
package dev.zonda.cli.render;

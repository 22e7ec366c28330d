/// What commands found, as people and programs read it: records that are written as JSON, tables,
/// Markdown, JUnit's XML, and the baselines that later runs are held to. A report is made of values
/// of the other modules and printed on the command's console. Knows no command, and of the options
/// their names and files only.
package dev.zonda.cli.reports;

//! What the tree of a text must look like: kind by kind, for any text, for whole files, for long ones.

mod any_text;
mod grammar_examples;
mod lines;
mod long_texts;
mod portions;
mod snapshots;
